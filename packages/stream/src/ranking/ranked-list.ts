import { type Member, type Ranked, TopMembers, unranked } from './top-members.ts'

interface ListMember {
  /** Of the newest record of the member. */
  revision: number
  /** By the order of the scores. */
  readonly entries: readonly Ranked[]
}

/** A rank that changed. */
export interface ChangedRank {
  /** Which score it is by: index in the order of the scores. */
  readonly score: number
  /** From 1. */
  readonly rank: number
  /** Null: nobody has this rank any more. */
  readonly entry: Ranked | null
  readonly revision: number
}

/** The ranks of one list, by one or several scores of its members. */
export class RankedList {
  /** Start of its window, ms since the epoch. */
  readonly windowMs: number
  readonly name: string
  readonly #members = new Map<Member, ListMember>()
  readonly #tops: readonly TopMembers[]
  /** By score and rank: the revision with which it changed since it was published, 0 where it did not. */
  readonly #changed: readonly Float64Array[]

  constructor(
    { windowMs, name }: Pick<RankedList, 'windowMs' | 'name'>,
    { scores, top }: { readonly scores: number; readonly top: number },
  ) {
    this.windowMs = windowMs
    this.name = name
    this.#tops = Array.from({ length: scores }, () => new TopMembers(top))
    this.#changed = this.#tops.map(() => new Float64Array(top))
  }

  get size(): number {
    return this.#members.size
  }

  /**
   * Gives a member the scores of a record; of several records of a member the one with the highest revision counts.
   * @param changeRevision revision of the ranks that change; null where they are published already
   * @returns whether there are ranks to publish
   */
  update(
    { member, revision }: { readonly member: Member; readonly revision: number },
    scores: readonly number[],
    changeRevision: number | null,
  ): boolean {
    let known = this.#members.get(member)
    if (!known) {
      known = { revision: 0, entries: this.#tops.map(() => unranked(member)) }
      this.#members.set(member, known)
    }
    if (known.revision >= revision) return false
    known.revision = revision
    let hasChanged = false
    for (const [score, top] of this.#tops.entries()) {
      const changed = top.update(known.entries[score]!, scores[score]!)
      if (!changed || changeRevision === null) continue
      this.#changed[score]!.fill(changeRevision, changed.from, changed.to + 1)
      hasChanged = true
    }
    return hasChanged
  }

  /**
   * The ranks that changed since the last call. One that changed twice and is as it was before is among them: whether it was
   * published in between, another process may have decided.
   */
  *takeChanged(): Generator<ChangedRank> {
    for (const [score, revisions] of this.#changed.entries()) {
      const { first } = this.#tops[score]!
      for (const [index, revision] of revisions.entries())
        if (revision > 0) yield { score, rank: index + 1, entry: first[index] ?? null, revision }
      revisions.fill(0)
    }
  }
}

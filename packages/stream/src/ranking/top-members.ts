import { type HeapEntry, MovableHeap } from '../movable-heap.ts'

/** What is ranked, e.g. the number of a place. Numbers are in numeric order, texts in that of their characters. */
export type Member = string | number

/** A member with its score. */
export interface Ranked extends HeapEntry {
  readonly member: Member
  /** 0: it has no rank. */
  score: number
  /** Index among the first ones, -1 behind them. */
  index: number
}

export const unranked = (member: Member): Ranked => ({ member, score: 0, index: -1, place: -1 })

/** The order of the ranks: the higher score first, of equal scores the lower member. It is total. */
export const isRankedBefore = (a: Ranked, b: Ranked): boolean =>
  a.score > b.score || (a.score === b.score && a.member < b.member)

/** Indexes of ranks that have another member or score than before, both included. */
export interface ChangedRanks {
  readonly from: number
  readonly to: number
}

/**
 * The first members by score, in order, and all others in a heap. A new score costs O(log members + ranks), however many members
 * there are.
 */
export class TopMembers {
  readonly #most: number
  readonly #isBefore: (a: Ranked, b: Ranked) => boolean
  readonly #first: Ranked[] = []
  readonly #rest: MovableHeap<Ranked>

  /** @param most how many ranks there are */
  constructor(most: number, isBefore = isRankedBefore) {
    this.#most = most
    this.#isBefore = isBefore
    this.#rest = new MovableHeap(isBefore)
  }

  /** The members with a rank, the first one first. */
  get first(): readonly Ranked[] {
    return this.#first
  }

  /**
   * Gives a member another score; one that is not above 0 takes its rank away.
   * @param entry the same object for each score of the member
   * @returns the ranks that changed, null where none did
   */
  update(entry: Ranked, score: number): ChangedRanks | null {
    const newScore = Math.max(score, 0)
    if (newScore === entry.score) return null
    const before = this.#first.length
    const from = entry.index
    if (from >= 0) this.#first.splice(from, 1)
    entry.index = -1
    entry.score = newScore
    if (newScore > 0) this.#rest.put(entry)
    else if (entry.place >= 0) this.#rest.remove(entry)
    const to = this.#fill()
    if (from < 0 && to < 0) return null
    const changed =
      from < 0
        ? { from: to, to: this.#first.length - 1 }
        : to < 0
          ? { from, to: before - 1 }
          : { from: Math.min(from, to), to: Math.max(from, to) }
    for (let index = changed.from; index < this.#first.length && index <= changed.to; index++)
      this.#first[index]!.index = index
    return changed
  }

  /** Moves the first of the rest to the ranks where it belongs there. @returns its index, -1 where it does not */
  #fill(): number {
    const candidate = this.#rest.first
    if (!candidate) return -1
    const last = this.#first.at(-1)
    if (this.#first.length === this.#most) {
      if (!last || !this.#isBefore(candidate, last)) return -1
      this.#first.pop()
      last.index = -1
      this.#rest.put(last)
    }
    this.#rest.remove(candidate)
    let index = this.#first.length
    while (index > 0 && this.#isBefore(candidate, this.#first[index - 1]!)) index--
    this.#first.splice(index, 0, candidate)
    return index
  }
}

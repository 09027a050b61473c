import { type Comparison, type HopCheck, isWrong } from './hops/hop.ts'

/** Ranges with differences that are kept one by one, in each partition of a hop; what is beyond is only counted until the next pass. */
const MOST_RANGES = 1_000

export type Difference = Pick<Comparison, 'missing' | 'duplicate' | 'unexpected'>

const NONE: Difference = { missing: 0, duplicate: 0, unexpected: 0 }
const sum = (a: Difference, b: Difference): Difference => ({
  missing: a.missing + b.missing,
  duplicate: a.duplicate + b.duplicate,
  unexpected: a.unexpected + b.unexpected,
})

/** How far one partition was compared with one hop, and where it was not right. */
export class HopProgress {
  readonly check: HopCheck
  readonly partition: number
  /** Offset of the first record that was never compared; null before the first round. */
  next: number | null = null
  /** Where the pass over what was compared before stands. */
  auditAt = 0
  /** Whether that pass has come to its end since all were last told to begin anew. */
  isAudited = false
  /** By first offset. */
  readonly #wrong = new Map<number, Comparison>()
  #beyond: Difference = NONE
  #beyondBefore: Difference = NONE

  constructor(check: HopCheck, partition: number) {
    this.check = check
    this.partition = partition
  }

  /** Takes what a comparison found in place of what was known of those offsets. */
  apply(comparison: Comparison): void {
    for (const [first, { to }] of this.#wrong)
      if (first < comparison.to && to > comparison.from) this.#wrong.delete(first)
    if (!isWrong(comparison)) return
    if (this.#wrong.size < MOST_RANGES) this.#wrong.set(comparison.from, comparison)
    else this.#beyond = sum(this.#beyond, comparison)
  }

  /** Forgets ranges that end before `earliest`: nothing can be learned of them any more. */
  forgetBefore(earliest: number): Comparison[] {
    const gone = [...this.#wrong.values()].filter(({ to }) => to <= earliest)
    for (const { from } of gone) this.#wrong.delete(from)
    return gone
  }

  /** The pass is at its end: what it counted holds until the next one has counted anew. */
  endAudit(from: number): void {
    this.isAudited = true
    this.auditAt = from
    this.#beyondBefore = this.#beyond
    this.#beyond = NONE
  }

  get wrong(): readonly Comparison[] {
    return [...this.#wrong.values()]
  }

  get difference(): Difference {
    const beyond =
      this.#beyond.missing + this.#beyond.duplicate + this.#beyond.unexpected > 0 ? this.#beyond : this.#beyondBefore
    return this.wrong.reduce(sum, beyond)
  }
}

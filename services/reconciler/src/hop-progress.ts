import { type Comparison, type HopCheck, isWrong } from './hops/hop.ts'

/** Ranges with differences that are kept for each partition of a hop; further ones are only counted until the next pass. */
const MOST_RANGES = 1_000

export type Difference = Pick<Comparison, 'missing' | 'duplicate' | 'unexpected'>

const NONE: Difference = { missing: 0, duplicate: 0, unexpected: 0 }
const sum = (a: Difference, b: Difference): Difference => ({
  missing: a.missing + b.missing,
  duplicate: a.duplicate + b.duplicate,
  unexpected: a.unexpected + b.unexpected,
})

/** How far one partition was compared with one hop, and the ranges that differ. */
export class HopProgress {
  readonly check: HopCheck
  readonly partition: number
  /** Offset of the first record that was never compared; null before the first round. */
  next: number | null = null
  /** The next offset of the pass over everything that was compared before. */
  auditAt = 0
  /** Whether that pass is finished, until those of all partitions are. */
  isAudited = false
  /** By first offset. */
  readonly #wrong = new Map<number, Comparison>()
  #beyond: Difference = NONE
  #beyondBefore: Difference = NONE

  constructor(check: HopCheck, partition: number) {
    this.check = check
    this.partition = partition
  }

  /** Replaces what is known of the offsets of a comparison. */
  apply(comparison: Comparison): void {
    for (const [first, { to }] of this.#wrong)
      if (first < comparison.to && to > comparison.from) this.#wrong.delete(first)
    if (!isWrong(comparison)) return
    if (this.#wrong.size < MOST_RANGES) this.#wrong.set(comparison.from, comparison)
    else this.#beyond = sum(this.#beyond, comparison)
  }

  /** Removes the ranges that end before `earliest`: they cannot be compared any more. */
  forgetBefore(earliest: number): Comparison[] {
    const gone = [...this.#wrong.values()].filter(({ to }) => to <= earliest)
    for (const { from } of gone) this.#wrong.delete(from)
    return gone
  }

  /** Ends the pass; what it counted stays valid until the next one has counted. */
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

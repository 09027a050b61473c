import type { EvidenceTable } from './evidence-table.ts'

/** An action that speaks for cheating, as it is remembered. */
export interface CarryingAction {
  readonly eventId: string
  readonly timeMs: number
  readonly score: number
  readonly feature: string
  readonly value: number
  /** What it added to the statistic. */
  readonly added: number
}

const MOST_EVIDENCE = 10
/** An action that adds less is not worth a referee's time. */
const LEAST_ADDED = 0.3
/** How far the statistic can go beyond the threshold: an incident ends soon after the cheating does. */
const BEYOND = 3

/**
 * A player's CUSUM statistic of one kind of cheating: max(0, S + log((1 − f) + f·LR)), the mixture likelihood ratio of play of
 * which the share f is altered (Page 1954; mixture after Xie and Siegmund, arXiv 1207.2386).
 */
export class CumulativeSum {
  readonly #table: EvidenceTable
  value = 0
  /** Items since the statistic was last 0, and how many of them have the sign. */
  items = 0
  signs = 0
  crossedMs = Number.NEGATIVE_INFINITY
  #carrying: CarryingAction[] | null = null

  constructor(table: EvidenceTable) {
    this.#table = table
  }

  /** What an item would add. */
  static increment({ mixture }: EvidenceTable, logRatio: number): number {
    return Math.log(1 - mixture + mixture * Math.exp(logRatio))
  }

  /**
   * Works one item in.
   * @param action makes what is remembered of the item's action
   */
  add(logRatio: number, hasSign: boolean, action: (added: number) => CarryingAction): void {
    const added = CumulativeSum.increment(this.#table, logRatio)
    if (this.value + added <= 0) {
      this.reset()
      return
    }
    this.value = Math.min(this.value + added, this.#table.threshold + BEYOND)
    this.items++
    if (hasSign) this.signs++
    if (added >= LEAST_ADDED) this.#carry(action(added))
  }

  /** Keeps the actions that added most, oldest first. */
  #carry(action: CarryingAction): void {
    this.#carrying ??= []
    const kept = this.#carrying
    kept.push(action)
    if (kept.length <= MOST_EVIDENCE) return
    let least = 0
    for (let n = 1; n < kept.length; n++) if (kept[n]!.added < kept[least]!.added) least = n
    kept.splice(least, 1)
  }

  reset(): void {
    this.value = 0
    this.items = 0
    this.signs = 0
    this.#carrying = null
  }

  get carrying(): readonly CarryingAction[] {
    return [...(this.#carrying ?? [])].sort((a, b) => a.timeMs - b.timeMs)
  }

  get isCrossing(): boolean {
    return this.value >= this.#table.threshold
  }
}

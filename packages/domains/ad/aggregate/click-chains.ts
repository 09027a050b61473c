import type { RestartPoint } from '@millrace/stream'
import type { AdAgeBand, AdGender } from '../contract.ts'

/** A click counts when the last counted click of the viewer on the ad is at least this long before it, ms. */
export const SUPPRESSION_MS = 60_000
/** Clicks of a chain that are kept for late ones; of more, each is suppressed as it is. */
export const MAX_CHAIN_CLICKS = 10_000

export interface Click {
  readonly eventId: string
  readonly timeMs: number
  readonly sentMs: number
  readonly gender: AdGender
  readonly ageBand: AdAgeBand
  isCounted: boolean
}

/** Clicks of one viewer on one ad, each less than `SUPPRESSION_MS` after the one before: which of them count depends on no others. */
interface Chain {
  /** From where a restart has to read for the chain: its first record. */
  readonly since: RestartPoint
  /** Those that can still change, by time and event id. */
  clicks: Click[]
  /** Time of the last counted click before those; -Infinity where there is none. */
  countedMs: number
  firstMs: number
  lastMs: number
}

const isBefore = (a: Click, b: Click): boolean =>
  a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.eventId < b.eventId)

/**
 * The clicks of one partition, in chains by viewer and ad. Clicks before a time at which none can be added any more are final: of them
 * the chain keeps the last counted one. A chain is dropped as a whole once no click can be added to it.
 */
export class ClickChains {
  readonly #chains = new Map<string, Chain[]>()
  readonly #maxClicks: number
  #size = 0

  /** @param maxClicks clicks of a chain that are kept */
  constructor(maxClicks: number = MAX_CHAIN_CLICKS) {
    this.#maxClicks = maxClicks
  }

  /** Viewers and ads with chains. */
  get keys(): number {
    return this.#chains.size
  }

  /** Clicks in memory. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a click and says which clicks it changes: itself, and later ones whose verdict is another one now.
   * @param since the record of the click
   * @returns null when its chain has too many clicks; it is not added
   */
  add(key: string, click: Click, since: RestartPoint): readonly Click[] | null {
    let chains = this.#chains.get(key)
    if (!chains) {
      chains = []
      this.#chains.set(key, chains)
    }
    const { timeMs } = click
    const near = chains.filter(
      ({ firstMs, lastMs }) => timeMs > firstMs - SUPPRESSION_MS && timeMs < lastMs + SUPPRESSION_MS,
    )
    if (near.reduce((sum, { clicks }) => sum + clicks.length, 0) >= this.#maxClicks) return null
    this.#size++
    const [first, second] = near
    if (!first) {
      click.isCounted = true
      chains.push({ since, clicks: [click], countedMs: Number.NEGATIVE_INFINITY, firstMs: timeMs, lastMs: timeMs })
      return [click]
    }
    if (second) {
      join(first, second)
      chains.splice(chains.indexOf(second), 1)
    }
    return insert(first, click)
  }

  /** Forgets what no click from a time on can change. */
  forgetBefore(timeMs: number): void {
    for (const [key, chains] of this.#chains) {
      for (const chain of chains) this.#finish(chain, timeMs)
      const open = chains.filter(({ lastMs }) => lastMs + SUPPRESSION_MS > timeMs)
      if (open.length === 0) this.#chains.delete(key)
      else if (open.length < chains.length) this.#chains.set(key, open)
    }
  }

  #finish(chain: Chain, timeMs: number): void {
    const { clicks } = chain
    let final = 0
    for (; final < clicks.length && clicks[final]!.timeMs < timeMs; final++)
      if (clicks[final]!.isCounted) chain.countedMs = clicks[final]!.timeMs
    if (final === 0) return
    chain.clicks = clicks.slice(final)
    this.#size -= final
  }

  /** From where a restart has to read; null when nothing is kept. */
  get since(): RestartPoint | null {
    let oldest: RestartPoint | null = null
    for (const chains of this.#chains.values())
      for (const { since } of chains) if (!oldest || since.stateFrom < oldest.stateFrom) oldest = since
    return oldest
  }
}

/** Puts two chains into the first one, which is the older one in the log: a click between them has come. */
function join(chain: Chain, other: Chain): void {
  const [early, late] = chain.firstMs < other.firstMs ? [chain, other] : [other, chain]
  chain.clicks = [...early.clicks, ...late.clicks]
  // The later one has no final clicks: one that is before them could not have come.
  chain.countedMs = early.countedMs
  chain.lastMs = late.lastMs
  chain.firstMs = early.firstMs
}

/** Puts a click in its place and judges it and those after it anew, until one that counts as before. */
function insert(chain: Chain, click: Click): Click[] {
  const { clicks } = chain
  let index = clicks.length
  while (index > 0 && isBefore(click, clicks[index - 1]!)) index--
  clicks.splice(index, 0, click)
  chain.firstMs = Math.min(chain.firstMs, click.timeMs)
  chain.lastMs = Math.max(chain.lastMs, click.timeMs)
  let before = index - 1
  while (before >= 0 && !clicks[before]!.isCounted) before--
  let countedMs = before >= 0 ? clicks[before]!.timeMs : chain.countedMs
  const changed: Click[] = []
  for (let at = index; at < clicks.length; at++) {
    const judged = clicks[at]!
    const isCounted = judged.timeMs - countedMs >= SUPPRESSION_MS
    if (judged === click || judged.isCounted !== isCounted) changed.push(judged)
    else if (isCounted) break
    judged.isCounted = isCounted
    if (isCounted) countedMs = judged.timeMs
  }
  return changed
}

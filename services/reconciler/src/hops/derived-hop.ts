import { isSameKey, makerOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'
import { recordId, storedId } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type EventObserver, type HopCheck, stepEnd, Tally } from './hop.ts'

/** The clocks of senders may differ by this much. */
const CLOCK_MARGIN_MS = 3_600_000
const FIRST_MARGIN = 500
const ANCHORS = 16

/** An offset of the source's partition, and the offset of the derived partition that was written at about the same time. */
interface Anchor {
  readonly source: number
  readonly derived: number
}

interface Range {
  readonly partition: number
  readonly earliest: number
  readonly end: number
}

interface Unmatched {
  readonly offset: number
  readonly timestampMs: number
}

/** A partition of the derived topic, and the offsets that were searched. */
interface Searched {
  readonly range: Range
  low: number
  high: number
}

export interface DerivedHopParts {
  readonly log: EventLog
  readonly failed: FailedIndex
  readonly clock: Clock
  readonly observe?: EventObserver | undefined
}

/**
 * Compares a topic with one that has one record for each of its events. The search for a derived record begins near the records
 * of the neighbouring events and widens in both directions: an event that was sent twice has its only derived record near
 * the first copy.
 */
export function createDerivedHop(
  contract: Topic,
  derived: Topic,
  { log, failed, clock, observe }: DerivedHopParts,
): HopCheck {
  const { name: topic } = contract
  const by = derived.derivedFrom?.by ?? derived.name
  const anchors = new Map<number, Anchor[]>()

  /** Removes from `wanted` the ids that a part of the derived topic has; returns the offset after the last of them. */
  async function takeFound(
    wanted: Map<string, Unmatched>,
    { partition, from, to }: { readonly partition: number; readonly from: number; readonly to: number },
    tally: Tally,
  ): Promise<number | null> {
    let last: number | null = null
    if (from >= to) return last
    for await (const records of log.read(derived.name, partition, from, to))
      for (const { value, offset } of records) {
        tally.cost++
        const id = storedId(derived, value)
        if (id === null || !wanted.delete(id)) continue
        last = offset + 1
        observe?.(id, 'found')
      }
    return last
  }

  /**
   * Searches partitions from their hints outwards, until all is found or everything was read.
   * @returns the offset after the last match near the first hint
   */
  async function search(
    wanted: Map<string, Unmatched>,
    places: readonly { readonly range: Range; readonly hint: number }[],
    tally: Tally,
  ): Promise<number | null> {
    const within = ({ earliest, end }: Range, offset: number): number => Math.min(end, Math.max(earliest, offset))
    let width = wanted.size + FIRST_MARGIN
    let near: number | null = null
    const searched: Searched[] = []
    for (const [index, { range, hint }] of places.entries()) {
      const low = within(range, hint - FIRST_MARGIN)
      const high = within(range, hint + width)
      searched.push({ range, low, high })
      const last = await takeFound(wanted, { partition: range.partition, from: low, to: high }, tally)
      if (index === 0) near = last
      if (wanted.size === 0) return near
    }
    const hasMore = ({ range, low, high }: Searched): boolean => low > range.earliest || high < range.end
    while (wanted.size > 0 && searched.some(hasMore)) {
      width *= 2
      for (const place of searched) {
        const { range, low, high } = place
        place.low = within(range, low - width)
        place.high = within(range, high + width)
        await takeFound(wanted, { partition: range.partition, from: high, to: place.high }, tally)
        if (wanted.size > 0) await takeFound(wanted, { partition: range.partition, from: place.low, to: low }, tally)
        if (wanted.size === 0) break
      }
    }
    return near
  }

  function nearest(partition: number, source: number, ends: readonly Anchor[]): number {
    const known = [...(anchors.get(partition) ?? []), ...ends]
    const best = known.reduce((a, b) => (Math.abs(b.source - source) < Math.abs(a.source - source) ? b : a))
    return best.derived + (source - best.source)
  }

  function remember(partition: number, anchor: Anchor): void {
    const known = anchors.get(partition) ?? []
    anchors.set(partition, [...known.filter(({ source }) => source !== anchor.source), anchor].slice(-ANCHORS))
  }

  /** Retention may have removed the derived records of events that were sent before this time. */
  async function keptSinceMs({ partition, earliest, end }: Range): Promise<number> {
    if (earliest === 0) return Number.NEGATIVE_INFINITY
    for await (const records of log.read(derived.name, partition, earliest, Math.min(earliest + 1, end)))
      return records[0]!.timestampMs + CLOCK_MARGIN_MS
    return clock.now() - derived.retentionMs + CLOCK_MARGIN_MS
  }

  /** The partitions that may have the derived records of a source partition, and the offsets at which the search begins. */
  async function placesFor(partition: number, from: number) {
    const [ranges, sources] = [await log.range(derived.name), await log.range(topic)]
    const source = sources.find(range => range.partition === partition)!
    const isAligned = ranges.length === sources.length && isSameKey(contract, derived)
    if (!isAligned) {
      const share = (from - source.earliest) / Math.max(1, source.end - source.earliest)
      return ranges.map(range => ({ range, hint: Math.floor(range.earliest + share * (range.end - range.earliest)) }))
    }
    const own = ranges.find(range => range.partition === partition)!
    const ends = [
      { source: source.earliest, derived: own.earliest },
      { source: source.end, derived: own.end },
    ]
    return [{ range: own, hint: nearest(partition, from, ends) }]
  }

  return {
    topic,
    hop: 'derived',
    target: derived.name,
    group: makerOf(derived),
    async compare(partition, { from, to, earliest }) {
      const tally = new Tally(topic)
      const end = stepEnd(from, to)
      const wanted = new Map<string, Unmatched>()
      for await (const records of log.read(topic, partition, Math.max(from, earliest), end))
        for (const record of records) {
          tally.cost++
          wanted.set(recordId(contract, partition, record), { offset: record.offset, timestampMs: record.timestampMs })
        }
      tally.events = wanted.size
      if (wanted.size === 0) return tally.result(from, end)
      const places = await placesFor(partition, from)
      const near = await search(wanted, places, tally)
      if (near !== null && places.length === 1) remember(partition, { source: end, derived: near })
      let keptMs = Number.NEGATIVE_INFINITY
      if (wanted.size > 0) for (const { range } of places) keptMs = Math.max(keptMs, await keptSinceMs(range))
      let expired = 0
      for (const [id, { offset, timestampMs }] of wanted) {
        if (failed.has(topic, partition, { offset, by }) !== 'no') tally.failed++
        else if (timestampMs < keptMs) expired++
        else {
          tally.miss(id, `is neither in ${derived.name} nor in failed-events`)
          observe?.(id, 'missing')
        }
      }
      tally.events -= expired
      tally.found = tally.events - tally.failed - tally.missing
      return tally.result(from, end)
    },
  }
}

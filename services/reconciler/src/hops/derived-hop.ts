import { groupOf, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'
import { idOf, readEvent } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type HopCheck, stepEnd, Tally } from './hop.ts'

/** Clocks of those who send may differ by this much. */
const CLOCK_MARGIN_MS = 3_600_000
const FIRST_MARGIN = 500
const ANCHORS = 16

/** Two offsets of one moment: in the source's partition and in the one that is derived from it. */
interface Anchor {
  readonly source: number
  readonly derived: number
}

interface Unmatched {
  readonly offset: number
  readonly timestampMs: number
}

/**
 * Looks for the events of a topic in the topic that is derived from it event by event. A derived record is looked for near
 * where its neighbours were found, then further and further away in both directions: an event that was sent twice has its
 * only derived record near the first copy.
 * @param derived contract of the derived topic
 */
export function createDerivedHop(
  contract: Topic,
  derived: Topic,
  { log, failed, clock }: { readonly log: EventLog; readonly failed: FailedIndex; readonly clock: Clock },
): HopCheck {
  const { name: topic } = contract
  const by = derived.derivedFrom?.by ?? derived.name
  const anchors = new Map<number, Anchor[]>()

  /** Takes the ids that a part of the derived topic holds away from `wanted`; returns the offset behind the last of them. */
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
        if (wanted.delete(idOf(readEvent(value), partition, offset))) last = offset + 1
      }
    return last
  }

  /** Searches one partition from `hint` outwards until nothing is wanted or nothing is left; returns the place of the last near match. */
  async function search(
    wanted: Map<string, Unmatched>,
    at: { readonly partition: number; readonly hint: number; readonly earliest: number; readonly end: number },
    tally: Tally,
  ): Promise<number | null> {
    const { partition, earliest, end } = at
    const within = (offset: number): number => Math.min(end, Math.max(earliest, offset))
    let width = wanted.size + FIRST_MARGIN
    let low = within(at.hint - FIRST_MARGIN)
    let high = within(at.hint + width)
    const near = await takeFound(wanted, { partition, from: low, to: high }, tally)
    while (wanted.size > 0 && (low > earliest || high < end)) {
      width *= 2
      const [nextLow, nextHigh] = [within(low - width), within(high + width)]
      await takeFound(wanted, { partition, from: high, to: nextHigh }, tally)
      if (wanted.size > 0) await takeFound(wanted, { partition, from: nextLow, to: low }, tally)
      low = nextLow
      high = nextHigh
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

  /** Records that were sent before this have lost their derived ones to retention, perhaps. */
  async function keptSinceMs(partition: number, earliest: number, end: number): Promise<number> {
    if (earliest === 0) return Number.NEGATIVE_INFINITY
    for await (const records of log.read(derived.name, partition, earliest, Math.min(earliest + 1, end)))
      return records[0]!.timestampMs + CLOCK_MARGIN_MS
    return clock.now() - derived.retentionMs + CLOCK_MARGIN_MS
  }

  return {
    topic,
    hop: 'derived',
    group: groupOf(by, derived.domain),
    async compare(partition, { from, to, earliest }) {
      const tally = new Tally(topic)
      const end = stepEnd(from, to)
      const wanted = new Map<string, Unmatched>()
      for await (const records of log.read(topic, partition, Math.max(from, earliest), end))
        for (const { value, offset, timestampMs } of records) {
          tally.cost++
          wanted.set(idOf(readEvent(value), partition, offset), { offset, timestampMs })
        }
      tally.events = wanted.size
      if (wanted.size === 0) return tally.result(from, end)
      const ranges = await log.range(derived.name)
      const sources = await log.range(topic)
      const isAligned = ranges.length === sources.length && contract.keyText === derived.keyText
      const own = ranges.find(range => range.partition === partition)
      let keptMs = Number.NEGATIVE_INFINITY
      if (own) {
        const source = sources.find(range => range.partition === partition)!
        const ends = [
          { source: source.earliest, derived: own.earliest },
          { source: source.end, derived: own.end },
        ]
        const near = await search(wanted, { ...own, hint: nearest(partition, from, ends) }, tally)
        if (near !== null) remember(partition, { source: end, derived: near })
        if (wanted.size > 0) keptMs = await keptSinceMs(partition, own.earliest, own.end)
      }
      if (!isAligned)
        for (const range of ranges)
          if (range.partition !== partition && wanted.size > 0) {
            await search(wanted, { ...range, hint: range.end }, tally)
            keptMs = Math.max(keptMs, await keptSinceMs(range.partition, range.earliest, range.end))
          }
      let expired = 0
      for (const [id, { offset, timestampMs }] of wanted) {
        if (failed.has(topic, partition, { offset, by }) !== 'no') tally.failed++
        else if (timestampMs < keptMs) expired++
        else tally.miss(id, `is neither in ${derived.name} nor among the failed events`)
      }
      tally.events -= expired
      tally.found = tally.events - tally.failed - tally.missing
      return tally.result(from, end)
    },
  }
}

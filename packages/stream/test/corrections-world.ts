import { defineTopic, type EventOf, instantField, keyField } from '@millrace/contracts'
import { z } from 'zod'
import {
  type Click,
  type ClickInOrder,
  clicks,
  clicksOf,
  type Deed,
  type LiveOptions,
  type World,
} from './clicks-world.ts'

/** The clicks, each of which may be published again with a greater revision. */
export const revised = defineTopic({
  name: clicks.name,
  schema: clicks.schema.extend({ revision: z.int(), correction: z.boolean() }),
  keyOf: keyField('user'),
  eventTimeMs: instantField('datetime'),
  partitions: clicks.partitions,
  why: 'Clicks that are corrected.',
})
export type RevisedClick = EventOf<typeof revised>

/** Half of the clicks tell of an event that was sent before. */
export const withCorrections = (found: Deed): Deed =>
  found.kind === 'send'
    ? {
        ...found,
        clicks: found.clicks.map(click =>
          click.what === 'new' && click.n % 2 === 0 ? { ...click, what: 'again' } : click,
        ),
      }
    : found

interface Correcting {
  /** A correction may also change the event time. */
  readonly moves: boolean
  /** Records are sent again as they are, too. */
  readonly copies: boolean
}

/** Makes copies corrections; one in three stays a copy of what was sent, maybe of a record that was corrected since. */
export function createCorrections({ moves, copies }: Correcting): NonNullable<LiveOptions['write']> {
  let revision = 0
  return (click, by, copied) => {
    if (!copied) return { ...click, revision: ++revision, correction: false }
    if (copies && by.gapMs % 3 === 0) return copied
    const datetime = moves && by.gapMs % 2 === 0 ? click.datetime : copied.datetime
    return { ...copied, page: by.page, n: by.n, datetime, revision: ++revision, correction: true }
  }
}

type RevisedInOrder = ClickInOrder & Pick<RevisedClick, 'revision' | 'correction'>

interface Counting {
  /** End of the time for which an event of this time is counted, ms of the watermark. */
  readonly closesMs: (timeMs: number) => number
  readonly knowsCorrections: boolean
}

/** The record of each event that has to count, and the ids that have to be late, from the source topic alone. */
export async function countedOf(world: Pick<World, 'driver'>, { closesMs, knowsCorrections }: Counting) {
  const counted = new Map<string, RevisedInOrder>()
  const lateIds = new Set<string>()
  for (const click of (await clicksOf(world)) as RevisedInOrder[]) {
    const { eventId, revision, timeMs, isPlausible, watermarkMs } = click
    const correction = knowsCorrections && click.correction
    if (!isPlausible || closesMs(timeMs) <= watermarkMs) {
      if (!correction) lateIds.add(`${eventId}:late`)
      continue
    }
    const earlier = counted.get(eventId)
    const isReplaced = earlier && closesMs(earlier.timeMs) > watermarkMs && revision > earlier.revision
    if (isReplaced || (!earlier && !correction)) counted.set(eventId, click)
  }
  return { counted: [...counted.values()], lateIds }
}

/** Sums per window (where there are windows) and page, and over all pages; groups that lost their events hold 0. */
export function sumsOf(
  counted: readonly Click[],
  windowOf: (click: Click) => string,
): Record<string, { sum: number; events: number }> {
  const sums: Record<string, { sum: number; events: number }> = {}
  for (const click of counted)
    for (const group of [click.page, 'all']) {
      const name = `${windowOf(click)} ${group}`
      sums[name] ??= { sum: 0, events: 0 }
      sums[name].sum += click.n
      sums[name].events++
    }
  return sums
}

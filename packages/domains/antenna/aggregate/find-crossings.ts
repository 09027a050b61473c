import { eventTimeOf, isPlausibleEventTime } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import { decodeJson, IdTable } from '@millrace/stream'
import { addBytes, antenna, hourOf } from '../contract.ts'
import type { HourUsage } from './open-hours.ts'

const { raw } = antenna.topics

export const decodeUsage = decodeJson(raw.schema, ['eventId', 'bytes', 'timestamp', 'id'])

/** The event with which the usage of an hour exceeded the quota, and the bytes of the hour with it. */
export interface Crossing {
  readonly eventId: string
  readonly timeMs: number
  readonly bytes: number
}

interface Search {
  readonly quota: number
  /** Offset of the last event that the hour counts. */
  readonly last: number
  bytes: number
  crossing: Crossing | null
}

/**
 * Reads a partition of antenna.raw again, to find the events with which hours that are over their quota exceeded it. An hour
 * without a result has lost records to retention.
 * @param quotas quota by usage; each usage holds what its hour counts below `end`
 */
export async function findCrossings(
  quotas: ReadonlyMap<HourUsage, number>,
  { log, partition, end }: { readonly log: LogReader; readonly partition: number; readonly end: number },
): Promise<ReadonlyMap<HourUsage, Crossing>> {
  const hours = new Map<
    number,
    { readonly since: number; readonly ids: IdTable; readonly byDevice: Map<string, Search> }
  >()
  for (const [{ hourMs, hourSince, id, last }, quota] of quotas) {
    const hour = hours.get(hourMs) ?? { since: hourSince, ids: new IdTable(), byDevice: new Map() }
    hours.set(hourMs, hour)
    hour.byDevice.set(id, { quota, last: last.offset, bytes: 0, crossing: null })
  }
  const from = Math.min(...[...hours.values()].map(({ since }) => since))
  for await (const records of log.read(raw.name, partition, from, end))
    for (const record of records) {
      const decoded = decodeUsage(record, record)
      const timeMs = decoded.kind === 'ok' ? eventTimeOf(raw, decoded.value) : null
      if (decoded.kind !== 'ok' || timeMs === null) continue
      const hour = hours.get(hourOf(timeMs))
      if (!hour || record.offset < hour.since || !isPlausibleEventTime(timeMs, record.timestampMs)) continue
      const { eventId, id, bytes } = decoded.value
      const search = hour.ids.putIfAbsent(eventId, 0) === null ? hour.byDevice.get(id) : undefined
      if (!search || record.offset > search.last) continue
      search.bytes = addBytes(search.bytes, bytes)
      if (search.bytes > search.quota) search.crossing ??= { eventId, timeMs, bytes: search.bytes }
    }
  const found = new Map<HourUsage, Crossing>()
  for (const usage of quotas.keys()) {
    const { bytes, crossing } = hours.get(usage.hourMs)!.byDevice.get(usage.id)!
    if (crossing && bytes === usage.bytes) found.set(usage, crossing)
  }
  return found
}

import type { EventOf, Topic } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { antenna } from './contract.ts'

const { curated, overQuota, bytes, usage, unknownDevices } = antenna.topics

const HOUR_MS = Date.UTC(2024, 2, 24, 11)
const hour = '2024-03-24T11:00:00.000Z'
const ids = ['1', '2'].map(n => `7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f1${n}`) as [string, string]

/** The row of an event in a table. */
function rowOf<T extends Topic>(topic: T, table: string, event: EventOf<T>) {
  const mapping = antenna.mappings.find(each => each.topic === (topic as Topic) && each.table.name === table)
  return mapping?.toRow(event as never)
}

describe('rows of the mart', () => {
  it('of an event have its event time, which is their write time in microseconds', () => {
    const event = {
      eventId: ids[0],
      bytes: 9082,
      timestamp: HOUR_MS / 1000 + 61,
      app: 'SKYPE',
      id: 'a',
      antenna_id: 'x',
    }
    const datetime = '2024-03-24T11:01:01.000Z'
    expect(rowOf(curated, 'antenna_events', { ...event, datetime, hour })).toEqual({
      writeTimeMicros: (HOUR_MS + 61_000) * 1000,
      values: {
        ...{ hour: HOUR_MS, id: 'a', datetime: HOUR_MS + 61_000, event_id: ids[0] },
        ...{ app: 'SKYPE', antenna_id: 'x', bytes: 9082 },
      },
    })
  })

  it('of a breach have the usage of the hour so far and that at the crossing; the revision is their write time', () => {
    const owner = { name: 'andres', email: 'andres@example.com', quota: 5000 }
    const event = { eventId: `a@${hour}`, hour, id: 'a', ...owner, usage: 9000, events: 4 }
    const crossing = { crossedAt: '2024-03-24T11:20:00.000Z', crossingEventId: ids[1], usageAtCrossing: 5001 }
    expect(rowOf(overQuota, 'antenna_quota_breaches', { ...event, ...crossing, revision: 17 })).toEqual({
      writeTimeMicros: 17,
      values: {
        ...{ hour: HOUR_MS, id: 'a', ...owner, usage: 9000, events: 4, revision: 17 },
        ...{ crossed_at: HOUR_MS + 1_200_000, crossing_event_id: ids[1], usage_at_crossing: 5001 },
      },
    })
  })

  it('of sums have their revision as write time, so that corrections win in any order', () => {
    const counted = { events: 4, revision: 17 }
    const sum = { timestamp: hour, type: 'user_total_bytes', id: 'a', value: 9000, ...counted } as const
    expect(rowOf(bytes, 'antenna_bytes', sum)).toEqual({
      writeTimeMicros: 17,
      values: { timestamp: HOUR_MS, type: 'user_total_bytes', id: 'a', value: 9000, ...counted },
    })
    expect(rowOf(usage, 'antenna_usage_hourly', { hour, id: 'a', usage: 9000, ...counted })).toEqual({
      writeTimeMicros: 17,
      values: { hour: HOUR_MS, id: 'a', usage: 9000, ...counted },
    })
  })

  it('of an unknown device have the time of its first event of the hour', () => {
    const event = { eventId: `a@${hour}`, hour, id: 'a', datetime: '2024-03-24T11:01:01.000Z' }
    expect(rowOf(unknownDevices, 'antenna_unknown_devices', event)).toEqual({
      writeTimeMicros: (HOUR_MS + 61_000) * 1000,
      values: { hour: HOUR_MS, id: 'a', first_seen: HOUR_MS + 61_000 },
    })
  })
})

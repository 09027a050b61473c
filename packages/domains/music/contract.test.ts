import type { EventOf, Topic } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { music } from './contract.ts'
import { listenOf, modelOf, uuid } from './test/disturbed.ts'

const { listens, interests, smsRequests, smsReceipts, acceptedModels, behaviours } = music.topics
const NOON_MS = Date.UTC(2026, 0, 1, 12)
const datetime = new Date(NOON_MS).toISOString()

/** The row of an event in a table. */
function rowOf<T extends Topic>(topic: T, table: string, event: EventOf<T>) {
  const mapping = music.mappings.find(each => each.topic === (topic as Topic) && each.table.name === table)
  return mapping?.toRow(event as never)
}

describe('rows of the mart', () => {
  it('of a listen have the revision as their write time, so that a healed one replaces it', () => {
    const event = {
      ...listenOf(1, NOON_MS, { listening_zip: '00123' }),
      ...{ day: '2026-01-01', part: 'afternoon' as const, region: '001', missing: [], healed: true, revision: 7 },
      ...{ gender: 0 as const, age: 34, level: 2, status: 1 as const, campaign: 3 },
      ...{ title: 'Easy Road', artist: 'The Millers', length: 253 },
    }
    expect(rowOf(listens, 'music_listens', event)).toMatchObject({
      writeTimeMicros: 7,
      values: { day: '2026-01-01', customer_id: 1, datetime: NOON_MS, zip: '00123', region: '001', title: 'Easy Road' },
    })
    expect(rowOf(listens, 'music_listens_by_region', event)).toMatchObject({
      writeTimeMicros: 7,
      values: { region: '001', part: 'afternoon', gender: 0, age: 34, level: 2, campaign: 3, status: 1 },
    })
  })

  it('of an interest are in the month of the play that crossed', () => {
    const row = rowOf(interests, 'music_interests', {
      ...{ eventId: `${uuid(1)}:interest`, sourceEventId: uuid(1), customer_id: 1, track_id: 7, datetime },
      ...{ since: new Date(NOON_MS - 60_000).toISOString(), withdrawn: true, revision: 9 },
    })
    expect(row).toEqual({
      writeTimeMicros: 9,
      values: {
        ...{ customer_id: 1, month: '2026-01', datetime: NOON_MS, event_id: uuid(1), track_id: 7 },
        ...{ since: NOON_MS - 60_000, withdrawn: true, revision: 9 },
      },
    })
  })

  it('of a message are made of the request and of its receipt, under the same key', () => {
    const common = { eventId: '1@2026-01-01', datetime, campaignDay: '2026-01-01', customer_id: 1 }
    const request = { sourceEventId: uuid(1), campaign: 'ad-target' as const, text: 'Hello', modelVersion: 2 }
    const asked = rowOf(smsRequests, 'music_sms', { ...common, ...request })
    const sent = rowOf(smsReceipts, 'music_sms', { ...common, provider: 'log', sentAt: datetime })
    expect(asked?.values).toMatchObject({ campaign_day: '2026-01-01', customer_id: 1, request_id: '1@2026-01-01' })
    expect(sent?.values).toEqual({ campaign_day: '2026-01-01', customer_id: 1, provider: 'log', sent_at: NOON_MS })
  })

  it('of a model name each coefficient', () => {
    const row = rowOf(acceptedModels, 'music_models', modelOf(3))
    expect(JSON.parse(String(row?.values.coefficients))).toEqual({
      ...{ intercept: -4.5, threshold: 0.5, minPlays: 3 },
      ...{ morning: 0, afternoon: 0, evening: 0, night: 0, mobile: 8, unique: 1 },
    })
  })

  it('of behaviour leave out what a restart goes on from', () => {
    const counts = { plays: 3, morning: 1, afternoon: 2, evening: 0, night: 0, mobile: 1, tracks: 2 }
    const state = { partition: 0, tracks: [1, 2], lastEventId: uuid(1), hasDay: true, request: null }
    const row = rowOf(behaviours, 'music_behaviour', {
      customer_id: 1,
      ...counts,
      lastListenAt: datetime,
      revision: 5,
      state,
    })
    expect(row?.values).toEqual({ customer_id: 1, ...counts, last_listen: NOON_MS, revision: 5 })
  })
})

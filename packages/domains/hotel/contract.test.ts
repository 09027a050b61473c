import type { EventOf, Topic } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { hotel } from './contract.ts'

const { curated, funnel, places, topPlaces } = hotel.topics
const DATETIME_MS = Date.UTC(2024, 2, 24, 12, 5, 1)
const datetime = '2024-03-24T12:05:01.000Z'
const day = '2024-03-24'

function rowOf<T extends Topic>(topic: T, event: EventOf<T>) {
  return hotel.mappings.find(mapping => mapping.topic === (topic as Topic))?.toRow(event as never)
}

describe('rows of the mart', () => {
  it('of an event have its event time, which is their write time in microseconds', () => {
    const eventId = '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11'
    const shared = { id: 'a', ip: '192.168.0.144', account: 'testAccount_28', method: '/places/0', status: 1 as const }
    const person = { gender: 'female', age: '20-29', category_subhome: null }
    expect(rowOf(curated, { ...shared, ...person, eventId, datetime, day, buyNum: null, clickNum: 0 })).toEqual({
      writeTimeMicros: DATETIME_MS * 1000,
      values: { ...shared, ...person, day, datetime: DATETIME_MS, event_id: eventId, click_num: 0, buy_num: null },
    })
  })

  it('of aggregates have their revision as write time, so that corrections win in any order', () => {
    const counted = { purchases: 2, events: 9, revision: 17 }
    const group = { gender: 'female', age: '60+', views: 3, refunds: 1, ...counted } as const
    expect(rowOf(funnel, { ...group, window: '2024-03-24T12:05:00.000Z', placeViews: 4 })).toEqual({
      writeTimeMicros: 17,
      values: { ...group, day, window: Date.UTC(2024, 2, 24, 12, 5), place_views: 4 },
    })
    const place = { day, place: 0, clicks: 7, ...counted }
    expect(rowOf(places, place)).toEqual({ writeTimeMicros: 17, values: place })
    const rank = { day, kind: 'clicks' as const, rank: 1, place: null, score: 0, revision: 17 }
    expect(rowOf(topPlaces, rank)).toEqual({ writeTimeMicros: 17, values: rank })
  })
})

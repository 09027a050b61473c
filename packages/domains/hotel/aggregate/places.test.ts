import { createTopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, integer, nat, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hotel, RANKS } from '../contract.ts'
import { createPlacesTopology, createTopPlacesTopology } from './places.ts'
import { eventOf } from './requests.ts'

const { raw, places, placesLate, topPlaces } = hotel.topics
const HOUR_MS = 3_600_000

describe('places of a day', () => {
  it('count clicks and purchases of place 0 as of any other, by UTC day', async () => {
    await using driver = await createTopologyDriver(createPlacesTopology({}))
    const midnightMs = 12 * HOUR_MS
    await driver.pipe(
      raw,
      ...['/places/0', '/places/0', '/buy/places/0', '/', '/refund', '/leisure'].map(method => eventOf(method)),
      ...[eventOf('/places/7', midnightMs - 1), eventOf('/places/7', midnightMs)],
    )
    await driver.advance(4_000)
    const found = (await driver.read(places)).map(({ revision: _, ...row }) => row)
    expect(found).toHaveLength(3)
    expect(found).toEqual(
      expect.arrayContaining([
        { day: '2024-03-24', place: 0, clicks: 2, purchases: 1, events: 3 },
        { day: '2024-03-24', place: 7, clicks: 1, purchases: 0, events: 1 },
        { day: '2024-03-25', place: 7, clicks: 1, purchases: 0, events: 1 },
      ]),
    )
  })

  it('take late events until an hour after the end of the day; late events of other pages are not of interest', async () => {
    await using driver = await createTopologyDriver(createPlacesTopology({}))
    await driver.pipe(raw, eventOf('/places/7'), eventOf('/', 13 * HOUR_MS - 1), eventOf('/places/7'))
    await driver.pipe(raw, eventOf('/', 13 * HOUR_MS), eventOf('/places/7'), eventOf('/'))
    await driver.advance(4_000)
    expect((await driver.read(places)).at(-1)).toMatchObject({ clicks: 2 })
    expect(await driver.read(placesLate)).toMatchObject([{ reason: 'after_grace', window: '2024-03-24T00:00:00.000Z' }])
  })
})

describe('top places of a day', () => {
  const day = '2024-03-24'
  const placeOf = (place: number, clicks: number, purchases: number, revision: number) => ({
    ...{ day, place, clicks, purchases, events: Math.max(1, clicks + purchases), revision },
  })

  it('are 50 by clicks and 50 by purchases; of equal places the lower number is first', async () => {
    await using driver = await createTopologyDriver(createTopPlacesTopology({}))
    const all = Array.from({ length: 60 }, (_, n) => placeOf(n, 10 + (n % 2), n === 0 ? 1 : 0, 1))
    await driver.pipe(places, ...all)
    const newest = new Map((await driver.read(topPlaces)).map(row => [`${row.kind} ${row.rank}`, row]))
    expect(newest.size).toBe(RANKS + 1)
    const clicks = Array.from({ length: RANKS }, (_, index) => newest.get(`clicks ${index + 1}`))
    expect(clicks.map(row => row?.place)).toEqual([
      ...Array.from({ length: 30 }, (_, n) => 2 * n + 1),
      ...Array.from({ length: 20 }, (_, n) => 2 * n),
    ])
    expect(newest.get('purchases 1')).toMatchObject({ place: 0, score: 1 })
  })

  it('equal sorting all places, with restarts', async () => {
    const update = record({ place: nat(80), clicks: integer({ min: 0, max: 9 }), purchases: nat(1) })
    await assert(
      asyncProperty(
        array(array(update, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        async rounds => {
          await using driver = await createTopologyDriver(createTopPlacesTopology({}))
          const counts = new Map<number, { readonly clicks: number; readonly purchases: number }>()
          let revision = 0
          for (const updates of rounds) {
            const rows = updates.map(({ place, clicks, purchases }) => placeOf(place, clicks, purchases, ++revision))
            for (const row of rows) counts.set(row.place, row)
            await driver.pipe(places, ...rows)
            await driver.crash()
            await driver.restart()
            const newest = new Map<string, number | null>()
            const records = (await driver.read(topPlaces)).toSorted((a, b) => a.revision - b.revision)
            for (const { kind, rank, place } of records) newest.set(`${kind} ${rank}`, place)
            for (const kind of ['clicks', 'purchases'] as const)
              expect(Array.from({ length: RANKS }, (_, index) => newest.get(`${kind} ${index + 1}`) ?? null)).toEqual(
                Array.from({ length: RANKS }, (_, index) => {
                  const ranked = [...counts]
                    .filter(([, own]) => own[kind] > 0)
                    .sort(([a, x], [b, y]) => y[kind] - x[kind] || a - b)
                  return ranked[index]?.[0] ?? null
                }),
              )
          }
        },
      ),
      { numRuns: 20, endOnFailure: true },
    )
  }, 120_000)
})

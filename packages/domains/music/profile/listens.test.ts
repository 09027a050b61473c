import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, integer, oneof } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { music } from '../contract.ts'
import {
  customerOf,
  distinct,
  disturbances,
  listenOf,
  newest,
  type Row,
  runDisturbed,
  sendingOf,
  trackOf,
} from '../test/disturbed.ts'
import { createListensTopology } from './listens.ts'

const { raw, customers, tracks, listens } = music.topics
const EVENING_MS = Date.UTC(2026, 0, 1, 21, 59)
const topology = (log: Parameters<typeof createListensTopology>[0]['log']) => createListensTopology({ log })
const listensDriver = (): Promise<TopologyDriver> => createTopologyDriver(topology, { topics: [customers, tracks] })

describe('listens', () => {
  it('have their customer, their track, their day, part of the day and region', async () => {
    await using driver = await listensDriver()
    await driver.pipe(customers, customerOf(1, { Age: 34, Level: 2, Campaign: 3, Gender: 0, Status: 0 }))
    await driver.pipe(tracks, trackOf(7, { Title: 'Über den Fluss', Artist: '물레방아', Length: 201 }))
    await driver.pipe(raw, listenOf(1, EVENING_MS, { listening_zip: '00123' }))
    expect(await driver.read(listens)).toEqual([
      {
        ...listenOf(1, EVENING_MS, { listening_zip: '00123' }),
        ...{ day: '2026-01-01', part: 'evening', region: '001', missing: [], healed: false },
        ...{ gender: 0, age: 34, level: 2, status: 0, campaign: 3 },
        ...{ title: 'Über den Fluss', artist: '물레방아', length: 201, revision: 2 },
      },
    ])
  })

  it.each([
    ['00:00', 'night'],
    ['04:59', 'night'],
    ['05:00', 'morning'],
    ['11:59', 'morning'],
    ['12:00', 'afternoon'],
    ['16:59', 'afternoon'],
    ['17:00', 'evening'],
    ['21:59', 'evening'],
    ['22:00', 'night'],
  ])('at %s are in the %s', async (time, part) => {
    await using driver = await listensDriver()
    await driver.pipe(raw, listenOf(1, Date.parse(`2026-01-01T${time}:00.000Z`)))
    expect(await driver.read(listens)).toMatchObject([{ part }])
  })

  it.each([
    ['1', '1'],
    ['01', '01'],
    ['𝟘𝟙𝟚𝟛', '𝟘𝟙𝟚'],
    ['SW1A 1AA', 'SW1'],
  ])('in %s are in the region %s', async (listening_zip, region) => {
    await using driver = await listensDriver()
    await driver.pipe(raw, listenOf(1, EVENING_MS, { listening_zip }))
    expect(await driver.read(listens)).toMatchObject([{ region }])
  })

  it('are published with null and marked while rows are missing, and again when each arrives', async () => {
    await using driver = await listensDriver()
    await driver.pipe(raw, listenOf(1, EVENING_MS))
    await driver.pipe(tracks, trackOf(7))
    await driver.advance(2_000)
    await driver.crash()
    await driver.pipe(customers, customerOf(1))
    await driver.restart()
    await driver.advance(2_000)
    const published = await driver.read(listens)
    expect(published.map(({ missing, healed, title, level }) => ({ missing, healed, title, level }))).toEqual([
      { missing: ['customer', 'track'], healed: false, title: null, level: null },
      { missing: ['customer'], healed: true, title: 'Track 7', level: null },
      { missing: [], healed: true, title: 'Track 7', level: 0 },
    ])
    const revisions = published.map(({ revision }) => revision)
    expect(revisions).toEqual([0, 1, 2])
  })

  it('that cannot be read are failed events, and the others go on', async () => {
    await using driver = await listensDriver()
    await driver.pipeBytes(raw.name, '1', '{', JSON.stringify({ ...listenOf(1, EVENING_MS), track_id: 'seven' }))
    await driver.pipe(raw, listenOf(2, EVENING_MS))
    expect((await driver.failed()).map(({ code, path }) => [code, path])).toEqual([
      ['not_json', null],
      ['wrong_field', '/track_id'],
    ])
    expect(await driver.read(listens)).toHaveLength(1)
  })

  it('have every row in the end, whatever came first, with crashes and rebalances', async () => {
    const rows = oneof(
      integer({ min: 0, max: 4 }).map((id): Row => ({ kind: 'row', to: 'customers', event: customerOf(id) })),
      integer({ min: 0, max: 3 }).map((id): Row => ({ kind: 'row', to: 'tracks', event: trackOf(id) })),
    )
    const sending = sendingOf({ customers: 5, tracks: 4, gapMinutes: 5 })
    const deed = oneof(
      ...[
        { weight: 3, arbitrary: sending },
        { weight: 2, arbitrary: disturbances },
        { weight: 3, arbitrary: rows },
      ],
    )
    let complete = 0
    await assert(
      asyncProperty(array(deed, { minLength: 3, maxLength: 16 }), deeds =>
        runDisturbed(topology, deeds, async ({ driver, listens: sent }) => {
          const known = (to: Row['to']) =>
            new Set(
              deeds.flatMap(deed =>
                deed.kind === 'row' && deed.to === to
                  ? ['CustID' in deed.event ? deed.event.CustID : 'TrackId' in deed.event ? deed.event.TrackId : -1]
                  : [],
              ),
            )
          const [knownCustomers, knownTracks] = [known('customers'), known('tracks')]
          const joined = newest(await driver.read(listens), ({ eventId }) => eventId)
          const expected = distinct(sent)
          expect(joined.size).toBe(expected.length)
          for (const { event } of expected) {
            const [hasCustomer, hasTrack] = [knownCustomers.has(event.customer_id), knownTracks.has(event.track_id)]
            expect(joined.get(event.eventId)).toMatchObject({
              ...event,
              missing: [...(hasCustomer ? [] : ['customer']), ...(hasTrack ? [] : ['track'])],
              level: hasCustomer ? 0 : null,
              title: hasTrack ? `Track ${event.track_id}` : null,
            })
            if (hasCustomer && hasTrack) complete++
          }
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
    expect(complete).toBeGreaterThan(20)
  }, 240_000)
})

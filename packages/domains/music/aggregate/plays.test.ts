import { ManualClock } from '@millrace/runtime'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, option, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Listen, music } from '../contract.ts'
import { listenOf, MINUTE_MS, newest } from '../test/disturbed.ts'
import { createHoursTopology, createTrackPlaysTopology } from './plays.ts'

const { listens, hours, hoursLate, dailyTracks, trackPlaysLate } = music.topics
const NOON_MS = Date.UTC(2026, 0, 1, 12)

/** When everything is sent: after all events. */
const SENT_MS = NOON_MS + 48 * 60 * MINUTE_MS

let count = 0
/** A listen as the join publishes it. */
const joined = (minute: number, more: Partial<Listen> = {}): Listen => ({
  ...listenOf(++count, NOON_MS + minute * MINUTE_MS),
  ...{ day: '2026-01-01', part: 'afternoon', region: '012', missing: [], healed: false, revision: 2 },
  ...{ gender: 1, age: 34, level: 0, status: 1, campaign: 1, title: 'Easy Road', artist: 'The Millers', length: 200 },
  ...more,
})
const UNKNOWN = { gender: null, age: null, level: null, status: null, campaign: null } as const
const waiting = (minute: number): Listen =>
  joined(minute, { ...UNKNOWN, title: null, artist: null, length: null, missing: ['customer', 'track'], revision: 0 })
const healed = (event: Listen): Listen => {
  const { eventId, datetime } = event
  return { ...joined(0), eventId, datetime, healed: true }
}

const hoursDriver = (): Promise<TopologyDriver> =>
  createTopologyDriver(createHoursTopology({}), { clock: new ManualClock(SENT_MS) })
const tracksDriver = (): Promise<TopologyDriver> =>
  createTopologyDriver(createTrackPlaysTopology({}), { clock: new ManualClock(SENT_MS) })
const hoursOf = async (driver: TopologyDriver) =>
  newest(await driver.read(hours), ({ hour, dimension, value }) => `${hour.slice(11, 13)} ${dimension} ${value}`)
const playsOf = async (driver: TopologyDriver) =>
  newest(await driver.read(dailyTracks), ({ day, gender, track_id, title, artist }) =>
    [day, gender, track_id, title, artist].join(' | '),
  )
const countsOf = (rows: ReadonlyMap<string, { readonly plays: number }>) =>
  Object.fromEntries([...rows].map(([key, { plays }]) => [key, plays]))

describe('plays per hour', () => {
  it('are counted of all listens and by who listens where', async () => {
    await using driver = await hoursDriver()
    const other = { region: '999', gender: 0, age: 70, level: 2, campaign: 4, ismobile: 0 } as const
    await driver.pipe(listens, joined(0), joined(59), joined(30, other), joined(60))
    await driver.advance(4_000)
    const rows = await hoursOf(driver)
    expect(countsOf(rows)).toEqual({
      ...{ '12 all all': 3, '12 region 012': 2, '12 region 999': 1, '12 gender 1': 2, '12 gender 0': 1 },
      ...{ '12 age 30-39': 2, '12 age 60+': 1, '12 level Free': 2, '12 level Gold': 1 },
      ...{ '12 campaign 30DAYFREE': 2, '12 campaign WEBOFFER': 1 },
      ...{ '13 all all': 1, '13 region 012': 1, '13 gender 1': 1, '13 age 30-39': 1, '13 level Free': 1 },
      '13 campaign 30DAYFREE': 1,
    })
    expect(rows.get('12 all all')).toMatchObject({ hour: '2026-01-01T12:00:00.000Z', mobile: 2 })
  })

  it('leave unknown when the missing row arrives', async () => {
    await using driver = await hoursDriver()
    const event = waiting(0)
    await driver.pipe(listens, event, joined(1))
    await driver.advance(4_000)
    expect(countsOf(await hoursOf(driver))).toMatchObject({
      '12 level unknown': 1,
      '12 age unknown': 1,
      '12 level Free': 1,
    })
    await driver.pipe(listens, healed(event))
    await driver.advance(4_000)
    const counts = countsOf(await hoursOf(driver))
    expect(counts).toMatchObject({ '12 all all': 2, '12 level unknown': 0, '12 gender unknown': 0, '12 level Free': 2 })
  })

  it('count listens until an hour after the end of the hour; later ones are kept as late', async () => {
    await using driver = await hoursDriver()
    const late = joined(1)
    await driver.pipe(listens, joined(0), joined(119), joined(2), joined(120), late)
    await driver.advance(4_000)
    expect(countsOf(await hoursOf(driver))['12 all all']).toBe(2)
    expect(await driver.read(hoursLate)).toMatchObject([{ reason: 'after_grace' }])
  })

  it('stay unknown for a row that arrives after that, and no listen is counted or kept twice', async () => {
    for (const [driver, late] of [
      [await hoursDriver(), hoursLate],
      [await tracksDriver(), trackPlaysLate],
    ] as const) {
      await using _ = driver
      const event = waiting(0)
      await driver.pipe(listens, event, joined(40 * 60), healed(event))
      await driver.advance(4_000)
      expect(await driver.read(late)).toEqual([])
    }
  })
})

describe('plays per track and day', () => {
  it('are counted by the gender of the customer', async () => {
    await using driver = await tracksDriver()
    const event = waiting(3)
    await driver.pipe(listens, joined(0), joined(600), joined(1, { gender: 0 }), joined(2, { track_id: 8 }), event)
    await driver.pipe(listens, joined(12 * 60, { title: 'Easy Road', artist: 'Others' }))
    await driver.advance(4_000)
    expect(countsOf(await playsOf(driver))).toEqual({
      '2026-01-01 | 1 | 7 | Easy Road | The Millers': 2,
      '2026-01-01 | 0 | 7 | Easy Road | The Millers': 1,
      '2026-01-01 | 1 | 8 | Easy Road | The Millers': 1,
      '2026-01-01 | unknown | 7 |  | ': 1,
      '2026-01-02 | 1 | 7 | Easy Road | Others': 1,
    })
    await driver.pipe(listens, healed(event))
    await driver.advance(4_000)
    expect(countsOf(await playsOf(driver))).toMatchObject({
      '2026-01-01 | 1 | 7 | Easy Road | The Millers': 3,
      '2026-01-01 | unknown | 7 |  | ': 0,
    })
  })
})

describe('plays, whatever the order of listens, healed ones, crashes and rebalances', () => {
  const send = record({
    customer: nat({ max: 4 }),
    track: nat({ max: 2 }),
    minute: nat({ max: 70 }),
    ismobile: constantFrom(0 as const, 1 as const),
    isWaiting: constantFrom(true, false),
    /** Heals an earlier listen, or publishes it again, counted from the last; null for a new one. */
    again: option(integer({ min: 1, max: 8 }), { freq: 2 }),
  })
  const deed = oneof(
    {
      weight: 4,
      arbitrary: record({ kind: constant('send' as const), sent: array(send, { minLength: 1, maxLength: 9 }) }),
    },
    { weight: 2, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
    { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  )

  it.each([
    ['hour', createHoursTopology],
    ['day', createTrackPlaysTopology],
  ] as const)(
    'per %s equal a plain recomputation',
    async (window, create) => {
      await assert(
        asyncProperty(array(deed, { minLength: 3, maxLength: 12 }), async deeds => {
          await using driver = await createTopologyDriver(create({}), { clock: new ManualClock(SENT_MS) })
          const records: Listen[] = []
          for (const what of deeds) {
            if (what.kind === 'send')
              for (const { customer, track, minute, ismobile, isWaiting, again } of what.sent) {
                const earlier = again === null ? undefined : records.at(-again)
                const fresh = { customer_id: customer, track_id: track, ismobile }
                if (!earlier)
                  records.push(isWaiting ? { ...waiting(minute), ...fresh } : whole({ ...joined(minute), ...fresh }))
                else if (earlier.missing.length === 0) records.push(earlier)
                else records.push(whole({ ...healed(earlier), ...pick(earlier) }))
                await driver.pipe(listens, records.at(-1)!)
              }
            else if (what.kind === 'wait') await driver.advance(what.ms)
            else await disturb(driver, what.kind)
          }
          await driver.advance(4_000)
          const events = [...newestOf(records).values()]
          const expected: Record<string, number> = {}
          const add = (key: string): void => {
            expected[key] = (expected[key] ?? 0) + 1
          }
          for (const { datetime, day, region, gender, age, level, campaign, track_id, title, artist } of events)
            if (window === 'hour') {
              const hour = datetime.slice(11, 13)
              add(`${hour} all all`)
              add(`${hour} region ${region}`)
              add(`${hour} gender ${gender ?? 'unknown'}`)
              add(`${hour} age ${age === null ? 'unknown' : '30-39'}`)
              add(`${hour} level ${level === null ? 'unknown' : 'Free'}`)
              add(`${hour} campaign ${campaign === null ? 'unknown' : '30DAYFREE'}`)
            } else add([day, gender ?? 'unknown', track_id, title ?? '', artist ?? ''].join(' | '))
          const rows: ReadonlyMap<string, { readonly plays: number; readonly mobile?: unknown }> =
            window === 'hour' ? await hoursOf(driver) : await playsOf(driver)
          const found = Object.fromEntries(Object.entries(countsOf(rows)).filter(([, plays]) => plays > 0))
          expect(found).toEqual(expected)
          if (window === 'hour')
            for (const hour of ['12', '13']) {
              const mobile = events.filter(
                ({ datetime, ismobile }) => datetime.slice(11, 13) === hour && ismobile === 1,
              )
              expect(rows.get(`${hour} all all`)?.mobile ?? 0).toBe(mobile.length)
            }
        }),
        { numRuns: 30, endOnFailure: true },
      )
    },
    240_000,
  )
})

/** A listen with its rows, whose content follows from its id. */
const whole = (event: Listen): Listen => ({
  ...event,
  ...{ gender: Number(event.eventId.slice(-1)) % 2 === 0 ? 0 : 1, title: `Track ${event.track_id}` },
  revision: 5,
})
/** What a listen keeps when it is healed. */
const pick = ({ eventId, datetime, customer_id, track_id, ismobile }: Listen) => ({
  ...{ eventId, datetime, customer_id, track_id, ismobile },
})
/** The record of each listen that counts: that with the highest revision. */
const newestOf = (records: readonly Listen[]) => newest(records, ({ eventId }) => eventId)

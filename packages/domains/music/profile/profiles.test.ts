import { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { type AdTargetModel, type MusicRaw, music } from '../contract.ts'
import { customerOf, DAY_MS, listenOf, MINUTE_MS, modelOf, newest } from '../test/disturbed.ts'
import { createProfilesTopology } from './profiles.ts'

const { raw, customers, models, behaviours, predictions, smsRequests } = music.topics
const NOON_MS = Date.UTC(2026, 0, 1, 12)

const profilesDriver = (options: TopologyDriverOptions = {}): Promise<TopologyDriver> =>
  createTopologyDriver(log => createProfilesTopology({ log }), { topics: [customers, models], ...options })

let count = 0
const at = (minute: number, more: Partial<MusicRaw> = {}): MusicRaw =>
  listenOf(++count, NOON_MS + minute * MINUTE_MS, more)
/** Stores listens as if they were sent at a time. */
async function sendAt(driver: TopologyDriver, timestampMs: number, ...events: MusicRaw[]): Promise<void> {
  const producer = await driver.log.producer({ clientId: 'sender' })
  const records = events.map(event => ({
    key: Buffer.from('1'),
    value: Buffer.from(JSON.stringify(event)),
    timestampMs,
  }))
  for (const record of records) await producer.append(raw.name, [record], { deadlineMs: 60_000 })
  await producer.close()
  await driver.advance(2_000)
}
const behaviourOf = async (driver: TopologyDriver) =>
  newest(await driver.read(behaviours), ({ customer_id }) => String(customer_id)).get('1')
const predictionsOf = async (driver: TopologyDriver) =>
  [...newest(await driver.read(predictions), ({ day, customer_id }) => `${day} ${customer_id}`).values()].sort(
    (a, b) => (a.day < b.day ? -1 : 1),
  )
const messages = async (driver: TopologyDriver) => (await driver.read(smsRequests)).map(({ eventId }) => eventId)

/** Logistic function of the weighted shares, as the README has it. */
const logistic = (model: AdTargetModel, shares: readonly number[]): number =>
  1 / (1 + Math.exp(-shares.reduce((sum, share, n) => sum + share * model.coefficients[n]!, model.intercept)))

describe('the behaviour of a customer', () => {
  it('is counted since the first listen, each listen once', async () => {
    await using driver = await profilesDriver()
    const twice = at(-300)
    await driver.pipe(raw, at(0), twice, twice, at(400, { ismobile: 0 }), at(700, { track_id: 8 }), at(30))
    await driver.advance(1_500)
    expect(await behaviourOf(driver)).toMatchObject({
      ...{ customer_id: 1, plays: 5, morning: 1, afternoon: 2, evening: 1, night: 1, mobile: 4, tracks: 2 },
      ...{ lastListenAt: '2026-01-01T23:40:00.000Z', revision: 6 },
    })
  })

  it('outlives its events and counts on after a restart', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(raw, at(0), at(1, { track_id: 8 }))
    await driver.advance(1_500)
    await driver.restart()
    await driver.pipe(raw, at(2, { track_id: 8 }), at(3, { track_id: 9 }))
    await driver.advance(1_500)
    expect(await behaviourOf(driver)).toMatchObject({ plays: 4, tracks: 3 })
  })

  it('counts a listen once that is sent again within an hour, also into the next quarter of an hour and after a restart', async () => {
    await using driver = await profilesDriver()
    const listen = at(0)
    await sendAt(driver, NOON_MS, listen)
    await driver.restart()
    for (const minute of [14, 20, 80, 135]) await sendAt(driver, NOON_MS + minute * MINUTE_MS, listen)
    await driver.restart()
    await sendAt(driver, NOON_MS + 190 * MINUTE_MS, listen, at(190))
    expect(await behaviourOf(driver)).toMatchObject({ plays: 2 })
  })

  it('counts implausible times too, and has the newest plausible one', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1, { minPlays: 1 }))
    const [from1970, from2099] = ['1970-01-01T12:00:00.000Z', '2099-01-01T12:00:00.000Z']
    await sendAt(driver, NOON_MS, at(0, { datetime: from2099 }))
    expect(await behaviourOf(driver)).toMatchObject({ plays: 1, lastListenAt: from2099 })
    expect(await driver.read(predictions)).toEqual([])
    await driver.restart()
    await sendAt(driver, NOON_MS, at(5), at(0, { datetime: from1970 }), at(1, { datetime: from2099 }))
    expect(await behaviourOf(driver)).toMatchObject({ plays: 4, lastListenAt: '2026-01-01T12:05:00.000Z' })
    expect(await predictionsOf(driver)).toMatchObject([{ day: '2026-01-01' }])
  })

  it('is exact up to 10,000 different tracks, and the log says where there are more', async () => {
    const lines: string[] = []
    const logger = { error: (_: object, event: string) => lines.push(event) }
    await using driver = await createTopologyDriver(log => createProfilesTopology({ log, logger: logger as never }), {
      topics: [customers, models],
    })
    for (let first = 0; first < 10_000; first += 5_000)
      await driver.pipe(raw, ...Array.from({ length: 5_000 }, (_, n) => at(0, { track_id: 2 * (first + n) })))
    await driver.advance(1_500)
    expect(await behaviourOf(driver)).toMatchObject({ plays: 10_000, tracks: 10_000 })
    expect(lines).toEqual([])
    await driver.pipe(raw, at(0, { track_id: 1 }), at(0, { track_id: 3 }), at(0, { track_id: 4 }))
    await driver.advance(1_500)
    expect(await behaviourOf(driver)).toMatchObject({ plays: 10_003, tracks: 10_000 })
    expect(lines).toEqual(['too_many_tracks_of_a_customer'])
  })
})

describe('predictions', () => {
  it('are made by the model in use, of shares of the plays and of unique tracks ÷ plays', async () => {
    await using driver = await profilesDriver()
    const model = modelOf(1, { coefficients: [1, -2, 3, -4, 5, -6], intercept: 0.25, threshold: 0.3, minPlays: 2 })
    await driver.pipe(models, model)
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(-300, { ismobile: 0, track_id: 3 }), at(1), at(360), at(700))
    await driver.advance(1_500)
    const probability = logistic(model, [1 / 5, 2 / 5, 1 / 5, 1 / 5, 4 / 5, 2 / 5])
    expect(await predictionsOf(driver)).toEqual([
      {
        ...{ day: '2026-01-01', customer_id: 1, modelVersion: 1, clicks: true, target: true },
        ...{ probability: Math.round(probability * 1e6) / 1e6, revision: expect.any(Number) },
      },
    ])
  })

  it('need a model, and enough listens', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(1))
    await driver.advance(1_500)
    expect(await driver.read(predictions)).toEqual([])
    await driver.pipe(models, modelOf(1))
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ clicks: false, target: false }])
    expect((await predictionsOf(driver))[0]?.probability).toBeGreaterThan(0.9)
    await driver.pipe(raw, at(2))
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ clicks: true, target: true }])
  })

  it.each([
    [{}, true],
    [{ Level: 1 }, true],
    [{ Level: 2 }, false],
    [{ Status: 0 as const }, false],
  ])('make targets of active customers below Gold: %j', async (more, target) => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1))
    await driver.pipe(customers, customerOf(1, more))
    await driver.pipe(raw, at(0), at(1), at(2))
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ clicks: true, target }])
    expect(await messages(driver)).toEqual(target ? ['1@2026-01-01'] : [])
  })

  it('are made again by a newer model, and not by an older or a malformed one', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(2))
    await driver.pipe(raw, at(0), at(1), at(2))
    await driver.advance(1_500)
    await driver.pipe(models, modelOf(1, { threshold: 0.999 }), modelOf(2, { threshold: 0.999 }))
    await driver.pipeBytes(models.name, 'ad-target', '{', JSON.stringify({ ...modelOf(9), coefficients: [] }))
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ modelVersion: 2, clicks: true }])
    await driver.pipe(models, modelOf(3, { threshold: 0.999 }))
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ modelVersion: 3, clicks: false }])
  })

  it.each(['crash', 'stop'] as const)('are made again by a model that came while no process ran (%s)', async how => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1, { threshold: 0.999 }))
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(1), at(2))
    // Until it is committed, too.
    await driver.advance(5_000)
    expect(await messages(driver)).toEqual([])
    if (how === 'crash') await driver.crash()
    await driver.pipe(models, modelOf(2))
    await driver.restart()
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ modelVersion: 2, clicks: true, target: true }])
    expect(await messages(driver)).toEqual(['1@2026-01-01'])
  })

  it('know a customer whose row came while no process ran', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1))
    await driver.pipe(raw, at(0), at(1), at(2))
    // Until it is committed, too.
    await driver.advance(5_000)
    expect(await predictionsOf(driver)).toMatchObject([{ clicks: true, target: false }])
    await driver.crash()
    await driver.pipe(customers, customerOf(1))
    await driver.restart()
    await driver.advance(1_500)
    expect(await predictionsOf(driver)).toMatchObject([{ clicks: true, target: true }])
    expect(await messages(driver)).toEqual(['1@2026-01-01'])
  })

  it('of a day keep what was known at its end', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1))
    const nextDay = [0, 1, 2].map(minute => at(24 * 60 + minute, { ismobile: 0 }))
    await sendAt(driver, NOON_MS + DAY_MS, at(0), at(1), at(2), ...nextDay)
    expect(await predictionsOf(driver)).toMatchObject([
      { day: '2026-01-01', clicks: true },
      { day: '2026-01-02', clicks: false },
    ])
  })
})

describe('messages', () => {
  it('are one per customer and campaign day, which is the day of the newest listen', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1))
    await driver.pipe(customers, customerOf(1), customerOf(2))
    const third = at(2)
    for (const minute of [0, 1, 2]) await driver.pipe(raw, at(minute, { customer_id: 2 }))
    await sendAt(driver, NOON_MS + DAY_MS, at(0), at(1), third, at(3), at(24 * 60), at(24 * 60 + 1), at(5))
    expect((await messages(driver)).sort()).toEqual(['1@2026-01-01', '1@2026-01-02', '2@2026-01-01'])
    const messagesOfOne = (await driver.read(smsRequests)).filter(({ customer_id }) => customer_id === 1)
    expect(messagesOfOne[0]).toMatchObject({
      ...{ sourceEventId: third.eventId, datetime: third.datetime, campaign: 'ad-target', campaignDay: '2026-01-01' },
      ...{ customer_id: 1, modelVersion: 1, text: expect.stringContaining('STOP') },
    })
  })

  it('are not asked for again after a restart where a model made the target without a listen', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(1), at(2))
    await driver.advance(1_500)
    await driver.pipe(models, modelOf(1))
    await driver.advance(1_500)
    for (const how of ['crash', 'stop']) {
      if (how === 'crash') await driver.crash()
      await driver.restart()
      await driver.pipe(raw, at(3))
      await driver.advance(1_500)
    }
    expect(await messages(driver)).toEqual(['1@2026-01-01'])
  })

  it('are not asked for again where others of the partition went on meanwhile', async () => {
    await using driver = await profilesDriver()
    const producer = await driver.log.producer({ clientId: 'sender' })
    const partitionOf = (customer: number): number => producer.partitionFor(raw.name, Buffer.from(String(customer)))
    const other = [2, 3, 4, 5, 6, 7, 8, 9].find(customer => partitionOf(customer) === partitionOf(1))!
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(1), at(2))
    await driver.advance(5_000)
    await driver.pipe(models, modelOf(1))
    await driver.advance(5_000)
    await driver.pipe(raw, at(3, { customer_id: other }))
    await driver.advance(5_000)
    await driver.crash()
    await driver.restart()
    await driver.pipe(raw, at(4))
    await driver.advance(5_000)
    expect(await messages(driver)).toEqual(['1@2026-01-01'])
  })

  it('are asked for though the log took nothing but profiles before the process ended', async () => {
    const held = new Set<string>()
    let isHolding = false
    await using driver = await profilesDriver({
      throughLog: log => ({
        ...log,
        producer: async options => {
          const producer = await log.producer(options)
          const append: typeof producer.append = (topic, ...rest) => {
            if (!held.has(topic)) return producer.append(topic, ...rest)
            isHolding = true
            return new Promise(() => {})
          }
          return { ...producer, append }
        },
      }),
    })
    await driver.pipe(customers, customerOf(1))
    await driver.pipe(raw, at(0), at(1), at(2))
    await driver.advance(5_000)
    for (const topic of [smsRequests, predictions]) held.add(topic.name)
    const producer = await driver.log.producer({ clientId: 'sender' })
    const record = { key: Buffer.from('ad-target'), value: Buffer.from(JSON.stringify(modelOf(1))) }
    await producer.append(models.name, [{ ...record, timestampMs: driver.clock.now() }], { deadlineMs: 60_000 })
    while (!isHolding) await driver.clock.advance(100)
    for (let turns = 0; turns < 20; turns++) await driver.clock.advance(100)
    await driver.crash()
    held.clear()
    await driver.restart()
    await driver.pipe(raw, at(3))
    await driver.advance(1_500)
    expect(await messages(driver)).toEqual(['1@2026-01-01'])
    expect(await predictionsOf(driver)).toMatchObject([{ target: true }])
  })

  /** Every call to the log from the model on, before and after it takes effect. */
  it.each(Array.from({ length: 14 }, (_, n) => n + 1))(
    'are asked for once though the process ends at call %i',
    async call => {
      let callsLeft = Number.POSITIVE_INFINITY
      const box: { driver?: TopologyDriver } = {}
      await using driver = await profilesDriver({
        onLogCall: () => {
          if (--callsLeft === 0) box.driver?.crashNow()
        },
      })
      box.driver = driver
      await driver.pipe(customers, customerOf(1))
      await driver.pipe(raw, at(0), at(1), at(2))
      await driver.advance(1_500)
      callsLeft = call
      await driver.pipe(models, modelOf(1))
      await driver.advance(1_500)
      if (driver.isRunning) await driver.pipe(raw, at(3), at(4))
      if (driver.isRunning) await driver.advance(1_500)
      callsLeft = Number.POSITIVE_INFINITY
      await driver.crash()
      await driver.restart()
      await driver.pipe(raw, at(5))
      await driver.advance(1_500)
      expect(await messages(driver)).toEqual(['1@2026-01-01'])
      expect(await predictionsOf(driver)).toMatchObject([{ target: true }])
    },
  )

  it('follow a clock that is a day ahead once, and its own day afterwards', async () => {
    await using driver = await profilesDriver()
    await driver.pipe(models, modelOf(1))
    await driver.pipe(customers, customerOf(1))
    await sendAt(driver, NOON_MS, at(24 * 60), at(0), at(1), at(2))
    expect(await messages(driver)).toEqual(['1@2026-01-02'])
    await sendAt(driver, NOON_MS + DAY_MS, at(24 * 60 + 5))
    await sendAt(driver, NOON_MS + 2 * DAY_MS, at(48 * 60))
    expect(await messages(driver)).toEqual(['1@2026-01-02', '1@2026-01-03'])
  })
})

import { setImmediate as turn } from 'node:timers/promises'
import { logError } from '@millrace/event-log'
import { ManualClock } from '@millrace/runtime'
import { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import type { AggregationParts } from '../../facets.ts'
import { antenna } from '../contract.ts'
import { createQuotaTopology } from './quota.ts'

const { raw, users, breaches, overQuota, unknownDevices } = antenna.topics
const NOON_S = Date.UTC(2024, 2, 24, 12) / 1000

let count = 0
const uuid = (): string => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`
const sent = (bytes: number, minute: number, id = 'a') => ({
  eventId: uuid(),
  bytes,
  timestamp: NOON_S + minute * 60,
  app: 'SKYPE',
  id,
  antenna_id: 'x',
})
const user = (id: string, quota: number) => ({
  eventId: uuid(),
  id,
  name: id.toUpperCase(),
  email: `${id}@example.com`,
  quota,
  receivedAt: '2024-03-24T00:00:00.000Z',
})

const quotaDriver = (options: TopologyDriverOptions = {}): Promise<TopologyDriver> =>
  createTopologyDriver(log => createQuotaTopology({ log }), { topics: [users], ...options })

/** Retention takes every record of antenna.raw. */
async function expireRaw({ log, clock }: TopologyDriver): Promise<void> {
  await log.ensureTopics([{ ...raw, retentionMs: 1 }])
  // Files are removed in the disk's own time.
  for (let turns = 0; ; turns++) {
    if ((await log.range(raw.name)).every(({ earliest, end }) => earliest === end)) break
    if (turns > 1_000_000) throw new Error('Retention does not take the records.')
    if (turns % 1_000 === 0) await clock.advance(60_000)
    await turn()
  }
  await log.ensureTopics([raw])
}

describe('quotas of devices', () => {
  it('are exceeded strictly above, once per device and hour, and the usage is corrected afterwards', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100), user('b', 100))
    const crossing = sent(1, 2)
    await driver.pipe(raw, sent(60, 0), sent(40, 1), crossing, sent(5, 3), sent(99, 3, 'b'), sent(50, 59))
    await driver.pipe(raw, sent(101, 60))
    expect(await driver.read(breaches)).toMatchObject([
      { eventId: 'a@2024-03-24T12:00:00.000Z', sourceEventId: crossing.eventId, usage: 101, quota: 100, name: 'A' },
      { eventId: 'a@2024-03-24T13:00:00.000Z', usage: 101 },
    ])
    const updates = await driver.read(overQuota)
    expect(updates.map(({ hour, usage, events }) => [hour.slice(11, 13), usage, events])).toEqual([
      ['12', 101, 3],
      ['12', 106, 4],
      ['12', 156, 5],
      ['13', 101, 1],
    ])
    expect(updates.map(({ revision }) => revision)).toEqual(
      updates.map(({ revision }) => revision).sort((a, b) => a - b),
    )
    expect(updates[2]).toMatchObject({ crossingEventId: crossing.eventId, usageAtCrossing: 101 })
  })

  it('count an event once however often it comes, and late events of the hour before', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    const first = sent(60, 0)
    await driver.pipe(raw, first, first, sent(10, 65), sent(41, 30))
    expect((await driver.read(overQuota)).map(({ hour, usage }) => [hour.slice(11, 13), usage])).toEqual([['12', 101]])
    await driver.pipe(raw, sent(1, 200), sent(1000, 31))
    expect(await driver.read(breaches)).toHaveLength(1)
  })

  it('of devices without a reference record are unknown, which is said once an hour, and applied when the record arrives', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(raw, sent(60, 0), sent(60, 1), sent(7, 61))
    expect((await driver.read(unknownDevices)).map(({ eventId }) => eventId)).toEqual([
      'a@2024-03-24T12:00:00.000Z',
      'a@2024-03-24T13:00:00.000Z',
    ])
    expect(await driver.read(breaches)).toEqual([])
    await driver.pipe(users, user('a', 100))
    await driver.advance(2_000)
    expect(await driver.read(breaches)).toMatchObject([{ eventId: 'a@2024-03-24T12:00:00.000Z', usage: 120 }])
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 120, events: 2 }])
  })

  it('are the same after kill -9 in the middle of the hour', async () => {
    const events = Array.from({ length: 60 }, (_, minute) => sent(10, minute))
    const whole = await quotaDriver()
    await whole.pipe(users, user('a', 100))
    for (const event of events) await whole.pipe(raw, event)
    const disturbed = await quotaDriver()
    await disturbed.pipe(users, user('a', 100))
    for (const [minute, event] of events.entries()) {
      await disturbed.pipe(raw, event)
      if (minute % 7 === 3) await disturbed.advance(1_500)
      if (minute % 20 !== 19) continue
      await disturbed.crash()
      await disturbed.restart()
    }
    const rows = async (driver: TopologyDriver) => [
      ...new Map((await driver.read(overQuota)).map(event => [event.revision, event])).values(),
    ]
    expect(await rows(disturbed)).toEqual(await rows(whole))
    const alerts = new Set((await disturbed.read(breaches)).map(event => JSON.stringify(event)))
    expect([...alerts]).toEqual((await whole.read(breaches)).map(event => JSON.stringify(event)))
    await whole.close()
    await disturbed.close()
  })

  it('are applied when the reference record arrives while no aggregator runs', async () => {
    await using driver = await quotaDriver()
    const crossing = sent(60, 1)
    await driver.pipe(raw, sent(60, 0), crossing, sent(7, 2))
    await driver.advance(1_500)
    await driver.crash()
    await driver.pipe(users, user('a', 100))
    await driver.restart()
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: crossing.eventId, usage: 120, quota: 100 }])
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 127, events: 3, usageAtCrossing: 120, revision: 2 }])
  })

  it('are exceeded at the same event whenever the reference record arrives', async () => {
    const events = Array.from({ length: 8 }, (_, minute) => sent(30, minute))
    for (const before of [0, 2, 5, 8]) {
      await using driver = await quotaDriver()
      await driver.pipe(raw, ...events.slice(0, before))
      await driver.pipe(users, user('a', 100))
      await driver.advance(1_500)
      await driver.pipe(raw, ...events.slice(before))
      await driver.advance(1_500)
      expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: events[3]!.eventId, usage: 120, quota: 100 }])
      const rows = await driver.read(overQuota)
      expect(rows.at(-1)).toMatchObject({ usage: 240, events: 8, crossingEventId: events[3]!.eventId, revision: 7 })
    }
  })

  it('are not exceeded by an event whose time is implausible, also where the crossing event is looked for later', async () => {
    await using driver = await quotaDriver({ clock: new ManualClock((NOON_S + 1_800) * 1000) })
    const ahead = sent(1_000, 1)
    const events = [sent(60, 0), sent(60, 2), sent(60, 3)]
    await driver.pipe(raw, events[0]!)
    const producer = await driver.log.producer({ clientId: 'a clock that is two days ahead' })
    const record = { key: Buffer.from('a'), value: Buffer.from(JSON.stringify(ahead)) }
    const timestampMs = ahead.timestamp * 1000 - 2 * 86_400_000
    await producer.append(raw.name, [{ ...record, timestampMs }], { deadlineMs: 1_000 })
    await producer.close()
    await driver.pipe(raw, ...events.slice(1))
    await driver.advance(1_500)
    await driver.pipe(users, user('a', 100))
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: events[1]!.eventId, usage: 120 }])
    expect((await driver.read(overQuota)).at(-1)).toMatchObject({ usage: 180, events: 3 })
  })

  it('that were exceeded stay as they were published, also after kill -9, when the reference record changes', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    const crossing = sent(101, 0)
    await driver.pipe(raw, crossing)
    await driver.crash()
    await driver.pipe(users, user('a', 50))
    await driver.restart()
    await driver.pipe(raw, sent(1, 1))
    await driver.advance(1_500)
    await driver.crash()
    await driver.pipe(users, user('a', 1000))
    await driver.restart()
    await driver.pipe(raw, sent(1, 2))
    const published = new Set((await driver.read(breaches)).map(event => JSON.stringify(event)))
    expect([...published].map(text => JSON.parse(text))).toMatchObject([
      { sourceEventId: crossing.eventId, usage: 101, quota: 100 },
    ])
    const rows = new Map((await driver.read(overQuota)).map(event => [event.revision, event]))
    expect([...rows.values()].map(({ usage, quota }) => [usage, quota])).toEqual([
      [101, 100],
      [102, 100],
      [103, 100],
    ])
  })

  it('that become lower in the middle of an hour are exceeded at the first event above the new quota', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 1000))
    const events = [sent(60, 0), sent(60, 1), sent(60, 2)]
    await driver.pipe(raw, ...events)
    await driver.advance(1_500)
    await driver.pipe(users, user('a', 100))
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: events[1]!.eventId, usage: 120, quota: 100 }])
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 180, events: 3, quota: 100 }])
  })

  it('do not count events that come after the grace of their hour', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(150, 0), sent(1, 60 * 5), sent(500, 1))
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 150, events: 1 }])
  })

  it('keep a breach when the reference record changes between its commit and a restart', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(60, 0), sent(60, 1))
    await driver.advance(1_500)
    await driver.pipe(raw, sent(1, 2))
    await driver.advance(1_500)
    await driver.crash()
    await driver.pipe(users, user('a', 50))
    await driver.restart()
    await driver.pipe(raw, sent(1, 3))
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ quota: 100, usage: 120 }])
    expect((await driver.read(overQuota)).at(-1)).toMatchObject({ quota: 100, usageAtCrossing: 120, usage: 122 })
  })

  it('have the breach that was published first, where a process that was thought dead published another one', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(101, 0))
    await driver.advance(1_500)
    await driver.crash()
    const [first] = await driver.read(breaches)
    const producer = await driver.log.producer({ clientId: 'a process that was thought dead' })
    const value = Buffer.from(JSON.stringify({ ...first, quota: 50 }))
    await producer.append(breaches.name, [{ key: Buffer.from('a'), value, timestampMs: driver.clock.now() }], {
      deadlineMs: 1_000,
    })
    await producer.close()
    await driver.restart()
    await driver.pipe(raw, sent(10, 1))
    await driver.advance(1_500)
    expect((await driver.read(overQuota)).at(-1)).toMatchObject({ quota: 100, usage: 111, events: 2 })
    expect(await driver.read(breaches)).toHaveLength(2)
  })

  it('have the usage of a breach also when the process ends between the two', async () => {
    const box: { driver?: TopologyDriver } = {}
    let isKilled = false
    await using driver = await quotaDriver({
      onLogCall: ({ phase, topics }) => {
        if (isKilled || phase === 'after' || topics[0] !== overQuota.name) return
        isKilled = true
        box.driver?.crashNow()
      },
    })
    box.driver = driver
    await driver.pipe(raw, sent(60, 0), sent(60, 1))
    await driver.advance(1_500)
    await driver.pipe(users, user('a', 100))
    await driver.advance(1_500)
    expect(isKilled).toBe(true)
    await driver.restart()
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ usage: 120 }])
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 120, events: 2 }])
  })

  it('are compared once more when their hour closes, without the events that come after it', async () => {
    await using driver = await quotaDriver()
    const crossing = sent(60, 1)
    await driver.pipe(raw, sent(60, 0))
    // It was looked for less than a second ago.
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, crossing, sent(7, 2), sent(1, 300), sent(500, 3))
    expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: crossing.eventId, usage: 120 }])
    expect(await driver.read(overQuota)).toMatchObject([{ usage: 127, events: 3 }])
  })

  it('keep what was published when retention took the events of the hour, and count the next hours again', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(150, 0), sent(1, 1))
    await driver.advance(1_500)
    await driver.crash()
    await expireRaw(driver)
    await driver.restart()
    await driver.pipe(raw, sent(500, 2), sent(101, 61))
    await driver.advance(1_500)
    expect((await driver.read(overQuota)).map(({ hour, usage }) => [hour.slice(11, 13), usage])).toEqual([
      ['12', 150],
      ['12', 151],
      ['13', 101],
    ])
    expect(await driver.read(breaches)).toHaveLength(2)
  })

  it('have the last event as the crossing one where retention took the events of the hour', async () => {
    await using driver = await quotaDriver()
    const last = sent(60, 1)
    await driver.pipe(raw, sent(60, 0), last)
    await driver.advance(1_500)
    await expireRaw(driver)
    await driver.pipe(users, user('a', 100))
    await driver.advance(1_500)
    expect(await driver.read(breaches)).toMatchObject([{ sourceEventId: last.eventId, usage: 120 }])
  })

  it('give a record that cannot be read to failed events once, also where the log does not answer in between', async () => {
    let failures = 1
    const failing = (log: AggregationParts['log']): AggregationParts['log'] => ({
      ...log,
      read: (...call) => log.read(...call),
      range: topic => {
        if (topic !== users.name || !isArmed || failures-- <= 0) return log.range(topic)
        throw logError('log_unavailable', { where: 'the log', reason: 'it is away' })
      },
    })
    let isArmed = false
    await using driver = await createTopologyDriver(log => createQuotaTopology({ log: failing(log) }), {
      topics: [users],
    })
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(150, 0))
    isArmed = true
    const records = [sent(1, 300), sent(1, 301)].map(event => JSON.stringify(event))
    await driver.pipeBytes(raw.name, 'a', 'junk', ...records)
    await driver.advance(60_000)
    expect(failures).toBeLessThan(0)
    expect(await driver.failed()).toHaveLength(1)
  })

  it('are unknown again when the reference record is removed', async () => {
    await using driver = await quotaDriver()
    await driver.pipe(users, user('a', 100))
    await driver.pipe(raw, sent(60, 0))
    await driver.pipeBytes(users.name, 'a', '')
    await driver.advance(1_500)
    await driver.pipe(raw, sent(60, 1))
    expect(await driver.read(breaches)).toEqual([])
    expect(await driver.read(unknownDevices)).toMatchObject([{ id: 'a', datetime: '2024-03-24T12:00:00.000Z' }])
  })

  it.each([
    ['once', [], 2],
    ['after two hours and at last', [2], 2],
    // A process goes on with the position of the one before until the hours are over that it found open.
    ['each hour', [1, 2, 3, 4, 5, 6, 7, 8, 9], 5],
  ])(
    'cost a restart the events of two hours and the breaches of few: restarted %s',
    async (_, restarts: number[], few) => {
      const read: string[] = []
      const watched = (log: AggregationParts['log']): AggregationParts['log'] => ({
        ...log,
        range: topic => log.range(topic),
        read: (topic, partition, from, to) => {
          read.push(`${topic} ${to - from}`)
          return log.read(topic, partition, from, to)
        },
      })
      await using driver = await createTopologyDriver(log => createQuotaTopology({ log: watched(log) }), {
        topics: [users],
      })
      await driver.pipe(users, user('a', 100))
      for (let hour = 0; hour < 10; hour++) {
        if (restarts.includes(hour)) {
          await driver.crash()
          await driver.restart()
        }
        await driver.pipe(raw, ...Array.from({ length: 60 }, (_, minute) => sent(10, hour * 60 + minute)))
        await driver.advance(1_500)
      }
      const committed = [...(await driver.committed(raw.name)).values()].find(({ offset }) => offset > 0)
      expect(committed!.offset).toBe(600)
      expect(committed!.offset - Number(committed!.metadata.split(' ')[1])).toBe(120)
      expect(await driver.read(breaches)).toHaveLength(10)
      await driver.crash()
      read.length = 0
      await driver.restart()
      expect(read.filter(text => text.startsWith(breaches.name))).toEqual([`${breaches.name} ${few}`])
    },
  )
})

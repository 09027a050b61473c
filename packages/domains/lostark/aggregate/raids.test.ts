import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { type LostarkOutcome, type LostarkRaw, lostark } from '../contract.ts'
import { RAID_START_MS, type RaidEventOptions, raidEvent } from '../raid-events.ts'
import { MAX_MEMBERS } from './raid.ts'
import { createRaidsTopology } from './raids.ts'

const { raw, outcomes, members, late } = lostark.topics
const MINUTE_SEC = 60
const raidsDriver = () => createTopologyDriver(createRaidsTopology({}))

let count = 0
const sent = (options: Omit<RaidEventOptions, 'id'> = {}): LostarkRaw => raidEvent({ id: ++count, ...options })

/** As `pipe`, each event sent at its own event time. */
async function pipeInTime(driver: TopologyDriver, ...events: LostarkRaw[]): Promise<void> {
  for (const event of events) {
    const timeMs = raw.eventTimeMs(event)!
    await driver.clock.advance(Math.max(0, timeMs - driver.clock.now()))
    await driver.pipe(raw, event)
  }
}

/** The newest revision of each raid. */
async function raidsOf(driver: TopologyDriver): Promise<LostarkOutcome[]> {
  const newest = new Map<string, LostarkOutcome>()
  for (const outcome of await driver.read(outcomes))
    if (outcome.revision > (newest.get(outcome.eventId)?.revision ?? 0)) newest.set(outcome.eventId, outcome)
  return [...newest.values()]
}

async function membersOf(driver: TopologyDriver): Promise<string[]> {
  const newest = new Map<string, { revision: number; text: string }>()
  for (const { account, state, survived, diedAtSec, revision } of await driver.read(members))
    if (revision > (newest.get(account)?.revision ?? 0))
      newest.set(account, { revision, text: `${account} ${state} ${survived} ${diedAtSec}` })
  return [...newest.values()].map(({ text }) => text).sort()
}

describe('a raid', () => {
  it('has an outcome from its first event on, which changes with members, deaths and the decision only', async () => {
    await using driver = await raidsDriver()
    const bob = { account: 'bob', className: 'Demonic' }
    await pipeInTime(driver, sent(), sent({ atSec: 5 }), sent({ ...bob, atSec: 9 }), sent({ atSec: 20, isDead: true }))
    await pipeInTime(driver, sent({ ...bob, atSec: 30 }), sent({ ...bob, atSec: 600, isClosing: true }))
    const steps = (await driver.read(outcomes)).map(raid => [raid.state, raid.members, raid.survivors, raid.timeUpBy])
    expect(steps).toEqual([
      ['running', 1, 1, null],
      ['running', 2, 2, null],
      ['running', 2, 1, null],
      // The time of the closing record calls the timer first.
      ['succeeded', 2, 1, 'watermark'],
      ['succeeded', 2, 1, 'record'],
    ])
    expect(await raidsOf(driver)).toMatchObject([
      {
        eventId: 's1@2026-01-01T00:00:00.000Z',
        ...{ sessionID: 's1', startTime: '2026-01-01T00:00:00.000Z', raidDay: '2026-01-01', boss: 'Valtan' },
        ...{ difficulty: 1445, limitSec: 600, success: true, durationSec: 600 },
      },
    ])
    expect((await driver.read(members)).at(-1)).toMatchObject({
      eventId: 's1@2026-01-01T00:00:00.000Z@bob',
      ...{ account: 'bob', class: 'Shadowhunter', boss: 'Valtan', state: 'succeeded', success: true, survived: true },
    })
    expect(await membersOf(driver)).toEqual(['ann succeeded false 20', 'bob succeeded true null'])
  })

  it('succeeds for all members where one is alive when the time is up, whatever the records of dead members say', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent(), sent({ account: 'bob' }), sent({ atSec: 100, account: 'bob', isDead: true }))
    // The origin computed success per player.
    await pipeInTime(driver, sent({ atSec: 600, account: 'bob', isDead: true }), sent({ atSec: 600, isClosing: true }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'succeeded', survivors: 1, durationSec: 600 }])
    expect(await membersOf(driver)).toEqual(['ann succeeded true null', 'bob succeeded false 100'])
  })

  it('fails at once when all members are dead; it has lasted until the last death', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent(), sent({ account: 'bob' }), sent({ atSec: 100, account: 'bob', isDead: true }))
    await pipeInTime(driver, sent({ atSec: 250, isDead: true }), sent({ atSec: 252, account: 'bob', isDead: true }))
    expect(await raidsOf(driver)).toMatchObject([
      { state: 'failed', success: false, survivors: 0, durationSec: 250, timeUpBy: null },
    ])
    expect(await membersOf(driver)).toEqual(['ann failed false 250', 'bob failed false 100'])
  })

  it('that failed goes on when another member is heard of, and may succeed', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent({ atSec: 90, isDead: true }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'failed', durationSec: 90 }])
    await pipeInTime(driver, sent({ atSec: 80, account: 'bob' }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'running', success: null, durationSec: null }])
    expect(await membersOf(driver)).toEqual(['ann running null 90', 'bob running null null'])
    await pipeInTime(driver, sent({ atSec: 601, account: 'bob' }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'succeeded', survivors: 1, timeUpBy: 'record' }])
  })

  it('counts a death at the very end, and none after it', async () => {
    for (const [atSec, state] of [
      [600, 'failed'],
      [601, 'succeeded'],
    ] as const) {
      await using driver = await raidsDriver()
      await pipeInTime(driver, sent({ atSec, isDead: true }))
      expect(await raidsOf(driver)).toMatchObject([{ state }])
    }
  })

  it('is one of its session and start: a session has several', async () => {
    await using driver = await raidsDriver()
    const next = { startMs: RAID_START_MS + 700_000 }
    await pipeInTime(driver, sent(), sent({ atSec: 5, isDead: true }), sent(next), sent({ ...next, atSec: 600 }))
    expect((await raidsOf(driver)).map(({ eventId, state }) => [eventId, state])).toEqual([
      ['s1@2026-01-01T00:00:00.000Z', 'failed'],
      ['s1@2026-01-01T00:11:40.000Z', 'succeeded'],
    ])
  })

  it('has one boss and one class per member where its events disagree, whatever their order', async () => {
    const events = [
      sent({ boss: 'Kamen', limitSec: 600, className: 'Sorceress' }),
      sent({ boss: 'Biackiss', limitSec: 900, className: 'Bard' }),
      sent({ boss: 'Valtan', limitSec: 900, difficulty: 7, className: 'Bard' }),
      sent({ boss: 'Valtan', limitSec: 900, difficulty: 5, className: 'Reaper' }),
    ]
    for (const order of [events, events.toReversed(), [events[3]!, ...events.slice(0, 3)]]) {
      await using driver = await raidsDriver()
      await driver.pipe(raw, ...order)
      expect(await raidsOf(driver)).toMatchObject([{ boss: 'Valtan', difficulty: 5, limitSec: 900 }])
      expect((await driver.read(members)).at(-1)).toMatchObject({ class: 'Bard', boss: 'Valtan', difficulty: 5 })
    }
  })

  it('holds a hundred members; events of further accounts change nothing', async () => {
    await using driver = await raidsDriver()
    const crowd = Array.from({ length: MAX_MEMBERS + 5 }, (_, number) => sent({ account: `a${number}` }))
    await driver.pipe(raw, ...crowd)
    expect(await raidsOf(driver)).toMatchObject([{ members: MAX_MEMBERS, survivors: MAX_MEMBERS }])
    await driver.pipe(raw, sent({ atSec: 10, account: 'a0', isDead: true }))
    expect(await raidsOf(driver)).toMatchObject([{ members: MAX_MEMBERS, survivors: MAX_MEMBERS - 1 }])
  })
})

describe('a raid whose closing records never come', () => {
  it('is decided when the watermark of its partition has passed its end', async () => {
    await using driver = await raidsDriver()
    const next = { startMs: RAID_START_MS + 500_000 }
    await pipeInTime(driver, sent(), sent({ atSec: 599 }), sent({ ...next, atSec: 99 }))
    expect((await raidsOf(driver)).map(({ state }) => state)).toEqual(['running', 'running'])
    await pipeInTime(driver, sent({ ...next, atSec: 100 }))
    expect(await raidsOf(driver)).toMatchObject([
      { state: 'succeeded', timeUpBy: 'watermark', durationSec: 600 },
      { state: 'running', timeUpBy: null },
    ])
  })

  it('stays as its events say where its partition falls silent, also for hours', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent(), sent({ account: 'bob', atSec: 7, isDead: true }))
    await driver.advance(5 * 3_600_000)
    expect(await raidsOf(driver)).toMatchObject([{ state: 'running', members: 2, survivors: 1 }])
  })

  it('is decided at once where it is heard of only after its end', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent({ startMs: RAID_START_MS + 700_000 }), sent({ atSec: 9 }))
    expect((await raidsOf(driver)).map(({ state, timeUpBy }) => [state, timeUpBy])).toEqual([
      ['running', null],
      ['succeeded', 'watermark'],
    ])
  })

  it('fails where the death of the last member comes after the timer, and is corrected by a closing record', async () => {
    await using driver = await raidsDriver()
    const other = { startMs: RAID_START_MS + 700_000 }
    await pipeInTime(driver, sent(), sent(other))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'succeeded', timeUpBy: 'watermark' }, {}])
    await driver.pipe(raw, sent({ atSec: 300, isDead: true }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'failed', durationSec: 300 }, {}])
    await driver.pipe(raw, sent({ atSec: 600, account: 'bob', isClosing: true }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'succeeded', survivors: 1, timeUpBy: 'record' }, {}])
  })

  it('has revisions of its own for a timer and for the event that calls it', async () => {
    await using driver = await raidsDriver()
    await pipeInTime(driver, sent(), sent({ atSec: 600, account: 'bob' }))
    const found = await driver.read(outcomes)
    expect(found.map(({ timeUpBy, members }) => [timeUpBy, members])).toEqual([
      [null, 1],
      ['watermark', 1],
      ['record', 2],
    ])
    expect(new Set(found.map(({ revision }) => revision)).size).toBe(3)
  })
})

describe('events that come late', () => {
  it('count until an hour after the end of the raid, by the watermark of the partition', async () => {
    await using driver = await raidsDriver()
    const later = (minutes: number) => sent({ startMs: RAID_START_MS + minutes * MINUTE_SEC * 1000, limitSec: 60 })
    await pipeInTime(driver, sent(), later(69), sent({ atSec: 120, isDead: true }))
    expect(await raidsOf(driver)).toMatchObject([{ state: 'failed', durationSec: 120 }, {}])
    const tooLate = sent({ account: 'bob', atSec: 7 })
    await pipeInTime(driver, later(70), tooLate)
    expect((await raidsOf(driver))[0]).toMatchObject({ state: 'failed', members: 1 })
    expect(await driver.read(late)).toMatchObject([
      {
        eventId: `${tooLate.eventId}:late`,
        ...{ reason: 'after_grace', group: ['s1'], window: '2026-01-01T00:00:00.000Z' },
        ...{ datetime: '2026-01-01T00:00:07.000Z', events: 1 },
      },
    ])
  })

  it('or with a start more than a day ahead are none of any raid; a clock that is a day ahead delays no other raid', async () => {
    await using driver = await raidsDriver()
    const ahead = (hours: number) => sent({ startMs: RAID_START_MS + hours * 3_600_000 })
    await driver.pipe(raw, sent(), ahead(23.9), ahead(24.1))
    expect(await driver.read(late)).toMatchObject([{ reason: 'implausible_time' }])
    expect((await raidsOf(driver)).map(({ state }) => state)).toEqual(['running', 'running'])
    await pipeInTime(driver, sent({ startMs: RAID_START_MS + 600_000 }))
    expect((await raidsOf(driver)).map(({ state }) => state)).toEqual(['succeeded', 'running', 'running'])
  })
})

describe('records that cannot be read', () => {
  it('are failed events, also where a field of the boss or the player is missing', async () => {
    await using driver = await raidsDriver()
    const event = sent()
    const wrong = [
      { ...event, Boss: {} },
      { ...event, User: { ip: '192.168.0.1', class: 'Bard' } },
      { ...event, Boss: null },
    ]
    await driver.pipeBytes(raw.name, 's1', ...wrong.map(record => JSON.stringify(record)))
    const paths = (await driver.failed()).map(({ path }) => path)
    expect(paths.sort()).toEqual(['/Boss', '/Boss/difficulty', '/User/account'])
    await driver.pipe(raw, event)
    expect(await raidsOf(driver)).toHaveLength(1)
  })
})

describe('kill -9 and rebalances in the middle of a raid', () => {
  it('give the rows of an undisturbed run', async () => {
    const accounts = ['ann', 'bob', 'cem', 'dee', 'eve', 'fay', 'gus', 'hal']
    const events = Array.from({ length: 60 }, (_, n) =>
      sent({ atSec: n * 10, account: accounts[n % 8]!, isDead: n > 30 && n % 8 < 5 }),
    )
    const closing = sent({ startMs: RAID_START_MS + 660_000 })
    const whole = await raidsDriver()
    await pipeInTime(whole, ...events, closing)
    const disturbed = await raidsDriver()
    for (const [n, event] of [...events, closing].entries()) {
      if (n % 15 === 7) await disturbed.rebalance()
      await pipeInTime(disturbed, event)
      if (n % 9 === 3) await disturbed.advance(1_500)
      if (n % 20 !== 19) continue
      await disturbed.crash()
      await disturbed.restart()
    }
    for (const topic of [outcomes, members]) {
      const rowsOf = async (driver: TopologyDriver) =>
        [...new Set((await driver.read(topic)).map(row => JSON.stringify(row)))].sort()
      expect(await rowsOf(disturbed)).toEqual(await rowsOf(whole))
    }
    expect(await raidsOf(whole)).toMatchObject([{ state: 'succeeded', members: 8, survivors: 3 }, {}])
    await whole.close()
    await disturbed.close()
  })
})

import { isPlausibleEventTime } from '@millrace/contracts'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, boolean, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LostarkRaw, lostark } from '../contract.ts'
import { RAID_START_MS, raidEvent } from '../raid-events.ts'
import { createRaidsTopology, GRACE_MS } from './raids.ts'

const { raw, outcomes, members, late } = lostark.topics
const MINUTE_MS = 60_000

const sent = record({
  // In different partitions, and two in one.
  session: constantFrom('s1', 's2', 's3', 's4'),
  startMinutes: oneof(
    { weight: 9, arbitrary: constantFrom(0, 0, 7, 90) },
    { weight: 1, arbitrary: constantFrom(-300, 1430, 1500, -40 * 365 * 1440) },
  ),
  atSec: oneof({ weight: 4, arbitrary: nat({ max: 700 }) }, { weight: 1, arbitrary: constantFrom(600, 6_000) }),
  limitSec: oneof({ weight: 6, arbitrary: constant(600) }, { weight: 1, arbitrary: constantFrom(60, 900, 7_200) }),
  account: constantFrom('ann', 'bob', 'cem'),
  className: oneof(
    { weight: 5, arbitrary: constant('Bard') },
    { weight: 1, arbitrary: constantFrom('Artist', 'Warlord') },
  ),
  isDead: oneof({ weight: 3, arbitrary: constant(false) }, { weight: 2, arbitrary: constant(true) }),
  isClosing: oneof({ weight: 8, arbitrary: constant(false) }, { weight: 1, arbitrary: boolean() }),
  gapMs: oneof(
    { weight: 6, arbitrary: nat({ max: 2 * MINUTE_MS }) },
    { weight: 1, arbitrary: nat({ max: 90 * MINUTE_MS }) },
  ),
  /** The event that is sent again in its place, counted from the last; 0 for none. */
  again: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
})
const step = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant('send' as const), events: array(sent, { minLength: 1, maxLength: 12 }) }),
  },
  { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  { weight: 2, arbitrary: record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 12 }) }) },
)

interface Stored {
  readonly event: LostarkRaw
  readonly sentMs: number
  readonly partition: number
}
interface PlainRaid {
  readonly key: string
  readonly startMs: number
  readonly partition: number
  endMs: number
  isOpen: boolean
  readonly events: LostarkRaw[]
}
const timeOf = (event: LostarkRaw): number => raw.eventTimeMs(event)!

/** Which events each raid counts, and which ones are late, from what was stored alone; the newest raid of a name is the last one. */
function raidsIn(stored: readonly Stored[]) {
  const raids: PlainRaid[] = []
  const lateIds = new Set<string>()
  const watermarks = new Map<number, number>()
  for (const { event, sentMs, partition } of stored) {
    const timeMs = timeOf(event)
    const isPlausible = isPlausibleEventTime(timeMs, sentMs)
    const before = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY
    const watermarkMs = isPlausible ? Math.max(before, Math.min(timeMs, sentMs + MINUTE_MS)) : before
    watermarks.set(partition, watermarkMs)
    for (const raid of raids)
      if (raid.partition === partition && raid.endMs + GRACE_MS <= watermarkMs) raid.isOpen = false
    const startMs = Date.parse(event.startTime)
    const endMs = startMs + event.Boss.endTime * 1000
    const key = `${event.sessionID}@${event.startTime}`
    let raid = raids.find(one => one.isOpen && one.key === key)
    const isHeld = isPlausible && isPlausibleEventTime(startMs, sentMs)
    if (!isHeld || (!raid && endMs + GRACE_MS <= watermarkMs)) {
      lateIds.add(`${event.eventId}:late`)
      continue
    }
    if (!raid) {
      raid = { key, startMs, partition, endMs, isOpen: true, events: [] }
      raids.push(raid)
    }
    raid.endMs = Math.max(raid.endMs, endMs)
    raid.events.push(event)
  }
  return { raids, lateIds, watermarks }
}

/** How a raid stands, from all of its events at once. */
function standingOf({ events, startMs, endMs }: PlainRaid, watermarkMs: number) {
  const deathOf = (account: string): number =>
    Math.min(...events.filter(({ User, status }) => User.account === account && status === 1).map(timeOf))
  const accounts = [...new Set(events.map(({ User }) => User.account))]
  const deaths = accounts.map(deathOf)
  const survivors = deaths.filter(deathMs => deathMs > endMs).length
  const isRecorded = events.some(event => event.success === 1 || timeOf(event) >= endMs)
  const isUp = isRecorded || watermarkMs >= endMs
  const state = survivors === 0 ? 'failed' : isUp ? 'succeeded' : 'running'
  const endedMs = state === 'failed' ? Math.max(...deaths) : endMs
  const raid = {
    ...{ state, members: accounts.length, survivors, limitSec: (endMs - startMs) / 1000 },
    durationSec: state === 'running' ? null : (endedMs - startMs) / 1000,
    timeUpBy: state !== 'succeeded' ? null : isRecorded ? 'record' : 'watermark',
  }
  const ofMember = (account: string, index: number) => {
    const classes = events.filter(({ User }) => User.account === account).map(({ User }) => User.class)
    const isAlive = deaths[index]! > endMs
    return {
      ...{ state, survived: state === 'running' ? null : isAlive },
      class: classes.map(name => (name === 'Warlord' ? 'Gunlancer' : name)).sort()[0],
      diedAtSec: isAlive ? null : (deaths[index]! - startMs) / 1000,
    }
  }
  return { raid, members: new Map(accounts.map((account, index) => [account, ofMember(account, index)])) }
}

/** Of each id the record with the highest revision; one revision has one content. */
function newestOf<T extends { readonly eventId: string; readonly revision: number }>(
  all: readonly T[],
): Map<string, T> {
  const newest = new Map<string, T>()
  const seen = new Map<string, T>()
  for (const event of all) {
    const name = `${event.eventId} ${event.revision}`
    expect(event).toEqual(seen.get(name) ?? event)
    seen.set(name, event)
    if (event.revision >= (newest.get(event.eventId)?.revision ?? 0)) newest.set(event.eventId, event)
  }
  return newest
}

async function expectRight(driver: TopologyDriver, stored: readonly Stored[]): Promise<void> {
  const { raids, lateIds, watermarks } = raidsIn(stored)
  const expectedRaids = new Map<string, object>()
  const expectedMembers = new Map<string, object>()
  for (const raid of raids) {
    const standing = standingOf(raid, watermarks.get(raid.partition)!)
    expectedRaids.set(raid.key, standing.raid)
    for (const [account, member] of standing.members) expectedMembers.set(`${raid.key}@${account}`, member)
  }
  const found = newestOf(await driver.read(outcomes))
  expect(new Set(found.keys())).toEqual(new Set(expectedRaids.keys()))
  for (const [id, expected] of expectedRaids) expect(found.get(id), id).toMatchObject(expected)
  const foundMembers = newestOf(await driver.read(members))
  expect(new Set(foundMembers.keys())).toEqual(new Set(expectedMembers.keys()))
  for (const [id, expected] of expectedMembers) expect(foundMembers.get(id), id).toMatchObject(expected)
  expect(new Set((await driver.read(late)).map(({ eventId }) => eventId))).toEqual(lateIds)
}

describe('raids, whatever the order of events, copies, lateness, crashes and rebalances', () => {
  it('equal a plain recomputation', async () => {
    await assert(
      asyncProperty(array(step, { minLength: 3, maxLength: 14 }), async steps => {
        let callsLeft = Number.POSITIVE_INFINITY
        const box: { driver?: TopologyDriver } = {}
        await using driver = await createTopologyDriver(createRaidsTopology({}), {
          onLogCall: () => {
            if (--callsLeft === 0) box.driver?.crashNow()
          },
        })
        box.driver = driver
        const producer = await driver.log.producer({ clientId: 'sender' })
        const stored: Stored[] = []
        const events: LostarkRaw[] = []
        let sentMs = RAID_START_MS
        const send = async (event: LostarkRaw) => {
          const outgoing = {
            key: Buffer.from(event.sessionID),
            value: Buffer.from(JSON.stringify(event)),
            timestampMs: sentMs,
          }
          const [result] = await producer.append(raw.name, [outgoing], { deadlineMs: MINUTE_MS })
          if (result?.ok !== true) throw result?.error
          stored.push({ event, sentMs, partition: result.partition })
        }
        const revive = async (): Promise<void> => {
          await driver.advance(1)
          if (!driver.isRunning) await driver.restart()
        }
        for (const what of steps) {
          if (what.kind === 'send')
            for (const { startMinutes, gapMs, again, ...options } of what.events) {
              sentMs += gapMs
              const startMs = RAID_START_MS + startMinutes * MINUTE_MS
              const fresh = raidEvent({ id: events.length, startMs, ...options })
              const event = again > 0 ? (events.at(-again) ?? fresh) : fresh
              events.push(event)
              await send(event)
            }
          else if (what.kind === 'wait') await driver.advance(what.ms)
          else if (what.kind === 'crash-at') callsLeft = what.call
          else await disturb(driver, what.kind)
          if (what.kind !== 'crash-at') await revive()
        }
        callsLeft = Number.POSITIVE_INFINITY
        await revive()
        await driver.advance(3_000)
        await expectRight(driver, stored)
      }),
      { numRuns: 150, endOnFailure: true },
    )
  }, 240_000)
})

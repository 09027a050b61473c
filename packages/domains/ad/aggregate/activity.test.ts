import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, nat, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AdActivity, ad } from '../contract.ts'
import { createActivityTopology } from './activity.ts'
import { ActivityProcessor } from './activity-processor.ts'
import { deeds, expectedOf, live, rawEvent } from './ad-world.ts'
import { type Click, ClickChains } from './click-chains.ts'
import { LATENESS_MS, MINUTE_MS } from './lateness.ts'

const { raw, activity } = ad.topics
const NOON_MS = Date.UTC(2026, 0, 1)

/** The newest record of each event. Fails when one revision has two contents. */
async function newestOf(driver: TopologyDriver): Promise<Map<string, AdActivity>> {
  const newest = new Map<string, AdActivity>()
  const ofRevision = new Map<string, AdActivity>()
  for (const event of await driver.read(activity)) {
    const name = `${event.eventId} ${event.revision}`
    // Late copies have no revision of their own; all else is the same after a restart.
    if (event.revision > 0) expect(event).toEqual(ofRevision.get(name) ?? event)
    ofRevision.set(name, event)
    const known = newest.get(event.eventId)
    // A correction never comes first: whoever reads in order has met the event.
    if (event.correction) expect(known).toBeDefined()
    if (!known || event.revision > known.revision) newest.set(event.eventId, event)
  }
  return newest
}
const countedAt = async (driver: TopologyDriver): Promise<number[]> =>
  [...(await newestOf(driver)).values()]
    .filter(({ countedClicks }) => countedClicks === 1)
    .map(({ datetime }) => Date.parse(datetime) - NOON_MS)
    .sort((a, b) => a - b)

describe('what clicks count for', () => {
  it('equals a plain recomputation, whatever the order, duplicates, lateness, kills at any call and rebalances', async () => {
    await assert(
      asyncProperty(deeds, deeds =>
        live(createActivityTopology({}), deeds, async driver => {
          const expected = expectedOf(await driver.records(raw.name))
          const newest = await newestOf(driver)
          expect(new Set(newest.keys())).toEqual(new Set(expected.keys()))
          for (const [eventId, { event, isCounted }] of expected) {
            const { impressions, views, countedClicks, suppressedClicks, seconds } = newest.get(eventId)!
            const isClick = event.kind === 'click'
            expect({ impressions, views, countedClicks, suppressedClicks, seconds }).toEqual({
              impressions: event.kind === 'impression' || event.kind === 'view-start' ? 1 : 0,
              views: event.kind === 'view-start' ? 1 : 0,
              countedClicks: isClick && isCounted ? 1 : 0,
              suppressedClicks: isClick && !isCounted ? 1 : 0,
              seconds: event.kind === 'view-end' ? event.Ad.viewing_time : 0,
            })
          }
        }),
      ),
      { numRuns: 120, endOnFailure: true },
    )
  }, 240_000)

  it('is told again with a greater revision when a late click changes it', async () => {
    await using driver = await createTopologyDriver(createActivityTopology({}))
    const [first, second, third] = [0, 70_000, 130_000].map(ms => rawEvent(NOON_MS + ms))
    await driver.pipe(raw, first!, second!, third!)
    expect(await countedAt(driver)).toEqual([0, 70_000, 130_000])
    // Its chain holds all: at 60 s it counts, so the one at 70 s does not, and the one at 130 s does.
    const late = rawEvent(NOON_MS + 60_000)
    await driver.pipe(raw, late)
    expect(await countedAt(driver)).toEqual([0, 60_000, 130_000])
    const told = await driver.read(activity)
    expect(told.map(({ eventId, correction }) => [eventId, correction])).toEqual([
      [first!.eventId, false],
      [second!.eventId, false],
      [third!.eventId, false],
      [late.eventId, false],
      [second!.eventId, true],
    ])
    expect(told.at(-1)!.revision).toBeGreaterThan(told[1]!.revision)
  })

  it('goes by viewer and ad, and at equal times by event id', async () => {
    await using driver = await createTopologyDriver(createActivityTopology({}))
    const at = { kind: 'click' as const }
    await driver.pipe(
      raw,
      rawEvent(NOON_MS, { ...at, id: 900_002 }),
      rawEvent(NOON_MS, { ...at, id: 900_001 }),
      rawEvent(NOON_MS, { ...at, id: 900_003, adId: 'game' }),
      rawEvent(NOON_MS, { ...at, id: 900_004, account: 'bob' }),
    )
    const counted = [...(await newestOf(driver)).values()].filter(({ countedClicks }) => countedClicks === 1)
    expect(counted.map(({ eventId }) => eventId.slice(-6)).sort()).toEqual(['900001', '900003', '900004'])
  })

  it('is not that of a click when the hour of its minute is over, nor of one whose clock is days ahead', async () => {
    await using driver = await createTopologyDriver(createActivityTopology({}))
    await driver.clock.advance(LATENESS_MS + 2 * MINUTE_MS)
    const end = NOON_MS + LATENESS_MS + MINUTE_MS
    await driver.pipe(raw, rawEvent(end - 1), rawEvent(NOON_MS + 1), rawEvent(end), rawEvent(NOON_MS + 30 * 3_600_000))
    await driver.pipe(raw, rawEvent(NOON_MS + 59_000, { adId: 'game' }))
    const told = await driver.read(activity)
    expect(told.map(({ countedClicks, revision }) => [countedClicks, revision > 0])).toEqual([
      [1, true],
      [1, true],
      [0, true],
      [0, false],
      [0, false],
    ])
  })

  it('is suppressed for what a viewer clicks beyond the clicks that are kept, until a minute after the last of them', async () => {
    const topology = {
      ...createActivityTopology({}),
      createProcessor: () => new ActivityProcessor({}, new ClickChains(3)),
    }
    await using driver = await createTopologyDriver(topology)
    for (let click = 0; click < 6; click++) await driver.pipe(raw, rawEvent(NOON_MS + click * 25_000))
    // The chain is full with the third click. The fourth would count; the sixth begins a chain.
    expect(await countedAt(driver)).toEqual([0, 125_000])
  })

  it('stays right in a chain of clicks that goes on for longer than clicks are kept, after restarts too', async () => {
    await using driver = await createTopologyDriver(createActivityTopology({}))
    for (let click = 0; click < 250; click++) {
      await driver.clock.advance(40_000)
      await driver.pipe(raw, rawEvent(NOON_MS + click * 40_000))
      if (click % 60 !== 59) continue
      await driver.crash()
      await driver.restart()
    }
    // Every second click counts: 80 s after the one before.
    expect(await countedAt(driver)).toEqual(Array.from({ length: 125 }, (_, index) => index * 80_000))
  })
})

describe('the clicks of a partition', () => {
  it('are judged as in a plain recomputation, in whatever order they come and whatever is final meanwhile', () => {
    const step = record({
      /** How far from the time from which on clicks are still taken. */
      afterMs: oneof(
        nat(200),
        nat(20).map(second => second * 10),
      ),
      /** How far that time moves. */
      moveMs: oneof({ weight: 3, arbitrary: constant(0) }, { weight: 1, arbitrary: nat(90) }),
    })
    assert(
      property(array(step, { maxLength: 60 }), steps => {
        const chains = new ClickChains()
        const verdicts = new Map<Click, boolean>()
        let fromMs = 0
        for (const [id, { afterMs, moveMs }] of steps.entries()) {
          fromMs += moveMs * 1000
          chains.forgetBefore(fromMs)
          const added = click(id, fromMs + afterMs * 1000)
          for (const changed of chains.add('key', added, since)!) {
            expect(verdicts.get(changed)).not.toBe(changed.isCounted)
            verdicts.set(changed, changed.isCounted)
          }
        }
        const inOrder = [...verdicts.keys()].sort((a, b) => a.timeMs - b.timeMs || (a.eventId < b.eventId ? -1 : 1))
        let countedMs = Number.NEGATIVE_INFINITY
        for (const each of inOrder) {
          const isCounted = each.timeMs - countedMs >= 60_000
          if (isCounted) countedMs = each.timeMs
          expect(verdicts.get(each)).toBe(isCounted)
        }
        expect(verdicts.size).toBe(steps.length)
      }),
      { numRuns: 500 },
    )
  })

  const since = { stateFrom: 0, progress: { watermarkMs: 0, sentMs: 0 } }
  const click = (id: number, timeMs: number): Click => ({
    ...{
      eventId: String(id).padStart(3, '0'),
      timeMs,
      sentMs: timeMs,
      gender: 'female' as const,
      ageBand: '20-29' as const,
      isCounted: false,
    },
  })

  it('are forgotten with time, however many keys there are and however long a chain is', () => {
    const chains = new ClickChains()
    for (let minute = 0; minute < 300; minute++) {
      for (let key = 0; key < 200; key++) chains.add(`${minute} ${key}`, click(key, minute * 60_000), since)
      for (const second of [0, 30]) chains.add('for ever', click(minute, minute * 60_000 + second * 1000), since)
      chains.forgetBefore((minute - 60) * 60_000)
      expect(chains.keys).toBeLessThanOrEqual(62 * 200 + 1)
      expect(chains.size).toBeLessThanOrEqual(62 * 202)
    }
    chains.forgetBefore(301 * 60_000)
    expect([chains.keys, chains.size, chains.since]).toEqual([0, 0, null])
  })
})

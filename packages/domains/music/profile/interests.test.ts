import { isPlausibleEventTime } from '@millrace/contracts'
import { createTopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, oneof } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { music } from '../contract.ts'
import {
  distinct,
  disturbances,
  listenOf,
  MINUTE_MS,
  newest,
  runDisturbed,
  type StoredListen,
  sendingOf,
} from '../test/disturbed.ts'
import { createInterestsTopology } from './interests.ts'

const { raw, interests } = music.topics
const NOON_MS = Date.UTC(2026, 0, 1, 12)
const topology = (log: Parameters<typeof createInterestsTopology>[0]['log']) => createInterestsTopology({ log })

let count = 0
const at = (minute: number, track = 7, customer = 1) =>
  listenOf(++count, NOON_MS + minute * MINUTE_MS, { track_id: track, customer_id: customer })

/** Plays, by customer and track, that are the third within 30 minutes while the play before was not: `<id> <time of the first>`. */
function crossingsOf(listens: readonly StoredListen[]): string[] {
  const plays = distinct(listens.filter(({ timeMs, sentMs }) => isPlausibleEventTime(timeMs, sentMs)))
  // A clock that is a day ahead is compared with itself only; so is what a customer does after an hour of silence.
  const groups = Map.groupBy(plays, ({ event, isAhead }) => `${event.customer_id} ${event.track_id} ${isAhead}`)
  return [...groups.values()].flatMap(group => {
    const sorted = group.toSorted((a, b) => a.timeMs - b.timeMs || (a.event.eventId < b.event.eventId ? -1 : 1))
    const thirds = sorted.map(play => {
      const within = sorted
        .slice(0, sorted.indexOf(play) + 1)
        .filter(({ timeMs }) => timeMs > play.timeMs - 30 * MINUTE_MS)
      return within.length >= 3 ? within[0]!.timeMs : null
    })
    return sorted.flatMap(({ event }, index) => {
      const sinceMs = thirds[index] ?? null
      if (sinceMs === null || (thirds[index - 1] ?? null) !== null) return []
      return [`${event.eventId} ${new Date(sinceMs).toISOString()}`]
    })
  })
}

describe('interests', () => {
  it('are tracks that a customer plays three times within 30 minutes, once per crossing', async () => {
    await using driver = await createTopologyDriver(topology)
    const third = at(29)
    await driver.pipe(raw, at(0), at(10, 8), at(12, 8, 2), at(15), third, at(40), at(41), at(50, 8))
    expect(await driver.read(interests)).toEqual([
      {
        ...{ eventId: `${third.eventId}:interest`, sourceEventId: third.eventId, customer_id: 1, track_id: 7 },
        ...{ datetime: third.datetime, since: '2026-01-01T12:00:00.000Z', withdrawn: false },
        revision: expect.any(Number),
      },
    ])
    const again = at(90)
    await driver.pipe(raw, at(75), at(80), again)
    expect((await driver.read(interests)).map(({ sourceEventId }) => sourceEventId)).toEqual([
      third.eventId,
      again.eventId,
    ])
  })

  it('need less than 30 minutes between the first and the third play', async () => {
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(raw, at(0), at(10), at(30))
    expect(await driver.read(interests)).toEqual([])
    await driver.pipe(raw, at(39))
    expect(await driver.read(interests)).toHaveLength(1)
  })

  it('are withdrawn when a late play makes an earlier one the third', async () => {
    await using driver = await createTopologyDriver(topology)
    const [a, b, c, late] = [at(0), at(10), at(20), at(5)]
    await driver.pipe(raw, a, b, c, late)
    const rows = newest(await driver.read(interests), ({ sourceEventId }) => sourceEventId)
    expect(rows.get(c.eventId)).toMatchObject({ withdrawn: true, since: a.datetime })
    expect(rows.get(b.eventId)).toMatchObject({ withdrawn: false, since: a.datetime })
    expect(rows.size).toBe(2)
  })

  it('leave out plays that are more than an hour older than the newest, and implausible times', async () => {
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(raw, at(0), at(5), at(70, 9), at(9))
    expect(await driver.read(interests)).toEqual([])
    await driver.pipe(raw, at(66), at(67), at(-60 * 365 * 24 * 60), at(69))
    expect(await driver.read(interests)).toHaveLength(1)
  })

  it('are found though the clock of one play is a day ahead', async () => {
    await using driver = await createTopologyDriver(topology)
    const producer = await driver.log.producer({ clientId: 'sender' })
    for (const [index, event] of [at(0), at(24 * 60), at(5), at(24 * 60 + 5), at(10)].entries()) {
      const record = { key: Buffer.from('1'), value: Buffer.from(JSON.stringify(event)) }
      const timestampMs = NOON_MS + index * 5 * MINUTE_MS
      await producer.append(raw.name, [{ ...record, timestampMs }], { deadlineMs: 60_000 })
    }
    await driver.advance(1_000)
    expect((await driver.read(interests)).map(({ datetime }) => datetime)).toEqual(['2026-01-01T12:10:00.000Z'])
  })

  it('may cross again after hours', async () => {
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(raw, at(0), at(1), at(2), at(200), at(201), at(202), at(203))
    expect((await driver.read(interests)).map(({ since }) => since.slice(11, 16))).toEqual(['12:00', '15:20'])
  })

  it('equal a plain recomputation, whatever the order of plays, duplicates, crashes and rebalances', async () => {
    let crossings = 0
    let withdrawals = 0
    const sending = sendingOf({ customers: 2, tracks: 2, gapMinutes: 6 })
    const deed = oneof({ weight: 3, arbitrary: sending }, { weight: 1, arbitrary: disturbances })
    await assert(
      asyncProperty(array(deed, { minLength: 4, maxLength: 18 }), deeds =>
        runDisturbed(topology, deeds, async ({ driver, listens }) => {
          const published = await driver.read(interests)
          const rows = [...newest(published, ({ eventId }) => eventId).values()]
          const valid = rows.filter(({ withdrawn }) => !withdrawn)
          expect(valid.map(({ sourceEventId, since }) => `${sourceEventId} ${since}`).sort()).toEqual(
            crossingsOf(listens).sort(),
          )
          for (const { eventId, sourceEventId, datetime, customer_id, track_id } of rows) {
            const { event } = listens.find(({ event }) => event.eventId === sourceEventId)!
            expect({ datetime, customer_id, track_id }).toEqual({
              ...{ datetime: event.datetime, customer_id: event.customer_id, track_id: event.track_id },
            })
            expect(eventId).toBe(`${sourceEventId}:interest`)
          }
          crossings += valid.length
          withdrawals += rows.length - valid.length
        }),
      ),
      { numRuns: 60, endOnFailure: true },
    )
    expect(crossings).toBeGreaterThan(50)
    expect(withdrawals).toBeGreaterThan(0)
  }, 240_000)
})

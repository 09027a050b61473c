import { isPlausibleEventTime } from '@millrace/contracts'
import { createTopologyDriver, disturb, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { antenna, hourOf } from '../contract.ts'
import { createQuotaTopology } from './quota.ts'

const { raw, users, breaches, overQuota, unknownDevices } = antenna.topics
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START_MS = Date.UTC(2026, 0, 1)
const devices = ['a', 'b', 'c', 'd']

const sent = record({
  device: constantFrom(...devices),
  bytes: nat({ max: 60 }),
  gapMinutes: oneof({ weight: 6, arbitrary: nat({ max: 12 }) }, { weight: 1, arbitrary: nat({ max: 100 }) }),
  /** Event time less time of sending. */
  offMinutes: oneof(
    { weight: 6, arbitrary: constant(0) },
    { weight: 2, arbitrary: integer({ min: -100, max: 0 }) },
    { weight: 1, arbitrary: constantFrom(-300, 24 * 60, 24 * 60 + 1, -40 * 365 * 24 * 60) },
  ),
  /** The event that is sent again in its place, counted from the last; 0 for none. */
  again: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
})
const step = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant('send' as const), events: array(sent, { minLength: 1, maxLength: 9 }) }),
  },
  {
    weight: 3,
    arbitrary: record({
      kind: constant('row' as const),
      device: constantFrom(...devices),
      quota: constantFrom(0, 40, 100, 250),
    }),
  },
  { weight: 3, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
  { weight: 2, arbitrary: record({ kind: constant('crash-at' as const), call: integer({ min: 1, max: 12 }) }) },
)

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

interface Event {
  readonly eventId: string
  readonly bytes: number
  readonly timestamp: number
  readonly app: string
  readonly id: string
  readonly antenna_id: string
}
/** What was stored, in the order in which it was. */
type Stored =
  | { readonly event: Event; readonly sentMs: number; readonly partition: number; readonly offset: number }
  | { readonly device: string; readonly quota: number }

interface Hour {
  readonly device: string
  readonly events: { readonly event: Event; readonly bytes: number; readonly offset: number; readonly at: number }[]
  readonly ids: Set<string>
  /** Place in the order of the event that closed it. */
  closedAt: number
}

/** The hours of the devices, from what was stored alone. */
function hoursOf(stored: readonly Stored[]): Map<string, Hour> {
  const hours = new Map<string, Hour>()
  const watermarks = new Map<number, number>()
  const open = new Map<string, { readonly partition: number; readonly endMs: number }>()
  for (const [at, item] of stored.entries()) {
    if (!('event' in item)) continue
    const { event, sentMs, partition, offset } = item
    const timeMs = event.timestamp * 1000
    if (!isPlausibleEventTime(timeMs, sentMs)) continue
    const before = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY
    const endMs = hourOf(timeMs) + 2 * HOUR_MS
    const id = `${event.id}@${new Date(hourOf(timeMs)).toISOString()}`
    if (endMs > before) {
      const hour: Hour = hours.get(id) ?? {
        device: event.id,
        events: [],
        ids: new Set(),
        closedAt: Number.POSITIVE_INFINITY,
      }
      hours.set(id, hour)
      open.set(id, { partition, endMs })
      if (!hour.ids.has(event.eventId))
        hour.events.push({ event, bytes: (hour.events.at(-1)?.bytes ?? 0) + event.bytes, offset, at })
      hour.ids.add(event.eventId)
    }
    const watermarkMs = Math.max(before, Math.min(timeMs, sentMs + MINUTE_MS))
    watermarks.set(partition, watermarkMs)
    for (const [id, { partition: of, endMs }] of open) {
      if (of !== partition || endMs > watermarkMs) continue
      hours.get(id)!.closedAt = at
      open.delete(id)
    }
  }
  return hours
}

/** Each record of an id (and revision) is the same. */
function distinct<T extends { readonly eventId: string; readonly revision?: number }>(
  all: readonly T[],
): Map<string, T> {
  const found = new Map<string, T>()
  for (const event of all) {
    const key = `${event.eventId} ${event.revision ?? ''}`
    expect(event).toEqual(found.get(key) ?? event)
    found.set(key, event)
  }
  return found
}

async function expectRight(driver: TopologyDriver, stored: readonly Stored[]): Promise<void> {
  const alerts = await driver.read(breaches)
  const breachOf = new Map(alerts.map(event => [event.eventId, event]))
  expect(alerts).toHaveLength(breachOf.size)
  const rows = [...distinct(await driver.read(overQuota)).values()]
  for (const { usage, usageAtCrossing } of rows) expect(usage).toBeGreaterThanOrEqual(usageAtCrossing)
  const rowOf = new Map(rows.toSorted((a, b) => a.revision - b.revision).map(event => [event.eventId, event]))
  expect(new Set(rowOf.keys())).toEqual(new Set(breachOf.keys()))
  const reports = (await driver.read(unknownDevices)).map(({ eventId }) => eventId)
  expect(reports).toHaveLength(new Set(reports).size)

  const hours = hoursOf(stored)
  for (const id of [...breachOf.keys(), ...reports]) expect(hours.has(id)).toBe(true)
  for (const [id, { device, events, closedAt }] of hours) {
    const rows = stored.flatMap((item, at) =>
      'quota' in item && item.device === device ? [{ at, quota: item.quota }] : [],
    )
    const total = events.at(-1)!.bytes
    const newestBefore = rows.findLastIndex(({ at }) => at < closedAt)
    const breach = breachOf.get(id)
    if (newestBefore >= 0 && rows.slice(newestBefore).every(({ quota }) => quota < total))
      expect(breach, id).toBeDefined()
    if (breach) {
      expect(rows.map(({ quota }) => quota)).toContain(breach.quota)
      const { event, bytes } = events.find(({ bytes }) => bytes > breach.quota)!
      expect(breach).toMatchObject({ sourceEventId: event.eventId, usage: bytes, id: device })
      expect(rowOf.get(id)).toMatchObject({
        ...{ usage: total, events: events.length, revision: events.at(-1)!.offset, quota: breach.quota },
        ...{ crossingEventId: event.eventId, usageAtCrossing: bytes, name: breach.name },
      })
    }
    if (rows.length === 0) expect(reports).toContain(id)
    else if (rows[0]!.at < stored.findIndex(item => 'event' in item && item.event.id === device))
      expect(reports).not.toContain(id)
  }
}

describe('quotas, whatever the order of events, rows, crashes and rebalances', () => {
  it('equal a plain recomputation', async () => {
    await assert(
      asyncProperty(array(step, { minLength: 3, maxLength: 16 }), async steps => {
        let callsLeft = Number.POSITIVE_INFINITY
        const box: { driver?: TopologyDriver } = {}
        await using driver = await createTopologyDriver(log => createQuotaTopology({ log }), {
          topics: [users],
          onLogCall: () => {
            if (--callsLeft === 0) box.driver?.crashNow()
          },
        })
        box.driver = driver
        const producer = await driver.log.producer({ clientId: 'sender' })
        const stored: Stored[] = []
        const store = async (topic: string, key: string, event: object, timestampMs: number) => {
          const outgoing = { key: Buffer.from(key), value: Buffer.from(JSON.stringify(event)), timestampMs }
          const [result] = await producer.append(topic, [outgoing], { deadlineMs: MINUTE_MS })
          if (result?.ok !== true) throw result?.error
          return result
        }
        const revive = async (): Promise<void> => {
          await driver.advance(1)
          if (!driver.isRunning) await driver.restart()
        }
        let sentMs = START_MS
        const events: Event[] = []
        for (const what of steps) {
          if (what.kind === 'send')
            for (const { device, bytes, gapMinutes, offMinutes, again } of what.events) {
              sentMs += gapMinutes * MINUTE_MS
              const timestamp = (sentMs + offMinutes * MINUTE_MS) / 1000
              const fresh = {
                eventId: uuid(events.length),
                bytes,
                timestamp,
                app: 'SKYPE',
                id: device,
                antenna_id: 'x',
              }
              const event = again > 0 ? (events.at(-again) ?? fresh) : fresh
              events.push(event)
              const { partition, offset } = await store(raw.name, event.id, event, sentMs)
              stored.push({ event, sentMs, partition, offset })
            }
          else if (what.kind === 'row') {
            const { device, quota } = what
            const row = {
              eventId: uuid(stored.length),
              id: device,
              name: `v${stored.length}`,
              email: 'a@b.c',
              quota,
            }
            await store(users.name, device, row, sentMs)
            stored.push({ device, quota })
          } else if (what.kind === 'wait') await driver.advance(what.ms)
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

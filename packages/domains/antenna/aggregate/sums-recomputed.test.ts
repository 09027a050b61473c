import { createTopologyDriver, disturb } from '@millrace/testing'
import { array, assert, asyncProperty, constant, constantFrom, integer, nat, oneof, record } from 'fast-check'
import { expect, it } from 'vitest'
import { antenna, hourOf, sumTypes } from '../contract.ts'
import { createBytesTopology, createUsageTopology } from './sums.ts'

const { raw, bytes, bytesLate, usage, usageLate } = antenna.topics
const FIVE_MINUTES_MS = 300_000
const NOON_S = Date.UTC(2024, 2, 24, 12) / 1000

const sent = record({
  id: constantFrom('a', 'b', 'c'),
  app: constantFrom('SKYPE', 'Skype', 'MAPS'),
  antenna: constantFrom('x', 'y'),
  bytes: oneof(nat({ max: 1_000 }), constantFrom(0, 2 ** 40)),
  /** Of event time; no event is later than the hour that windows wait for. */
  second: integer({ min: 0, max: 3_500 }),
  /** The event that is sent again in its place, counted from the last; 0 for none. */
  again: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
})
const step = oneof(
  { weight: 5, arbitrary: record({ kind: constant('send' as const), events: array(sent, { maxLength: 12 }) }) },
  { weight: 2, arbitrary: record({ kind: constant('wait' as const), ms: integer({ min: 1, max: 2_500 }) }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('crash' as const, 'stop' as const, 'rebalance' as const) }) },
)

interface Sum {
  readonly value: number
  readonly events: number
}

const instantOf = (timeMs: number): string => new Date(timeMs).toISOString()

/** The newest result of each key, without the others. */
function newestSums<Result extends { readonly events: number; readonly revision: number }>(
  results: readonly Result[],
  keyOf: (result: Result) => string,
  amountOf: (result: Result) => number,
): Record<string, Sum> {
  const newest = new Map<string, Result>()
  for (const result of results)
    if (result.revision > (newest.get(keyOf(result))?.revision ?? 0)) newest.set(keyOf(result), result)
  return Object.fromEntries(
    [...newest].map(([key, result]) => [key, { value: amountOf(result), events: result.events }]),
  )
}

it.each([
  ['five minutes by app, antenna and user', createBytesTopology],
  ['an hour by device', createUsageTopology],
] as const)(
  'sums of %s equal a plain recomputation, with crashes and rebalances',
  async (_, create) => {
    const isHourly = create === createUsageTopology
    await assert(
      asyncProperty(array(step, { minLength: 2, maxLength: 12 }), async steps => {
        await using driver = await createTopologyDriver(create({}))
        const events = new Map<
          string,
          { id: string; app: string; antenna_id: string; bytes: number; timestamp: number }
        >()
        for (const what of steps) {
          if (what.kind === 'send')
            for (const { id, app, antenna: antenna_id, bytes, second, again } of what.events) {
              const [eventId, known] = again > 0 ? ([...events].at(-again) ?? []) : []
              const event = known ?? { id, app, antenna_id, bytes, timestamp: NOON_S + second }
              const name = eventId ?? `00000000-0000-4000-8000-${String(events.size).padStart(12, '0')}`
              events.set(name, event)
              await driver.pipe(raw, { eventId: name, ...event })
            }
          else if (what.kind === 'wait') await driver.advance(what.ms)
          else await disturb(driver, what.kind)
        }
        await driver.advance(4_000)
        const expected: Record<string, Sum> = {}
        const add = (key: string, bytes: number): void => {
          const { value, events } = expected[key] ?? { value: 0, events: 0 }
          expected[key] = { value: value + bytes, events: events + 1 }
        }
        for (const { id, app, antenna_id, bytes, timestamp } of events.values()) {
          const window = instantOf(Math.floor((timestamp * 1000) / FIVE_MINUTES_MS) * FIVE_MINUTES_MS)
          if (isHourly) add(`${instantOf(hourOf(timestamp * 1000))} ${id}`, bytes)
          else
            for (const [at, group] of [app.toUpperCase(), antenna_id, id].entries())
              add(`${window} ${sumTypes[at]} ${group}`, bytes)
        }
        const found = isHourly
          ? newestSums(
              await driver.read(usage),
              ({ hour, id }) => `${hour} ${id}`,
              ({ usage }) => usage,
            )
          : newestSums(
              await driver.read(bytes),
              ({ timestamp, type, id }) => `${timestamp} ${type} ${id}`,
              ({ value }) => value,
            )
        expect(found).toEqual(expected)
        expect(await driver.read(isHourly ? usageLate : bytesLate)).toEqual([])
      }),
      { numRuns: 60, endOnFailure: true },
    )
  },
  240_000,
)

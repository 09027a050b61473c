import { defineTopic, instantField, keyField } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createKeyedWindows,
  createRanking,
  createRunningTotals,
  createWindowedAggregation,
  type KeyedWindowsOptions,
  totalState,
} from '../src/index.ts'
import { clicks, late, partials } from './clicks-world.ts'

const resultsOf = (cleanup: 'compact' | 'delete') =>
  defineTopic({
    name: 'clicks.sums',
    schema: z.looseObject({ page: z.string(), window: z.string(), state: totalState }),
    keyOf: keyField('page'),
    eventTimeMs: instantField('window'),
    cleanup,
    why: 'Sums per page.',
  })
const state = { group: ['all'], parts: [] }
const shared = {
  ...{ name: 'aggregator.clicks.sums', service: 'aggregator', source: clicks, partials, late },
  groupsOf: () => [['all']],
  zero: 0,
  add: (sum: number) => sum + 1,
  merge: (a: number, b: number) => a + b,
  toEvent: () => ({ page: 'all', window: '2026-01-01T00:00:00.000Z', state }),
}
const unrevised = { subtract: (sum: number) => sum - 1 }
const log = {} as EventLog
const sums = (windowMs: number, graceMs: number) =>
  createWindowedAggregation({ ...shared, results: resultsOf('delete'), windowMs, graceMs })
const totals = (cleanup: 'compact' | 'delete', horizonMs: number) =>
  createRunningTotals({ ...shared, results: resultsOf(cleanup), horizonMs, log })
const windowOf = () => ({ startMs: 0, endMs: 1 })
const keyed = (windows: KeyedWindowsOptions<typeof clicks, object>['windows']) =>
  createKeyedWindows({
    ...{ name: 'aggregator.clicks.visits', service: 'aggregator', source: clicks, outputs: [], windows },
    newState: () => ({}),
    onRecord: () => {},
  })
const ranks = (top: number, keepMs: number, fields: z.core.$ZodLooseShape = { revision: z.int() }) => {
  const source = { ...resultsOf('delete'), schema: z.looseObject({ page: z.string(), ...fields }) }
  return createRanking({
    ...{ name: 'aggregator.clicks.top', service: 'aggregator', source, results: resultsOf('delete'), top, keepMs },
    memberOf: ({ page }) => page,
    scores: { sum: () => 1 },
    toEvent: shared.toEvent,
  })
}

describe('options of windows and totals that cannot work', () => {
  it.each([
    [() => sums(0, 0), 'aggregator.clicks.sums: windowMs is 0: expected whole milliseconds, above 0.'],
    [() => sums(1.5, 0), 'windowMs is 1.5: expected whole milliseconds, above 0.'],
    [() => sums(1, Number.NaN), 'graceMs is NaN: expected whole milliseconds, 0 or more.'],
    [() => totals('compact', -1), 'horizonMs is -1: expected whole milliseconds, above 0.'],
    [() => totals('delete', 1), 'clicks.sums has cleanup "delete": expected "compact", because totals are restored'],
    [
      () =>
        createWindowedAggregation({ ...shared, ...unrevised, results: resultsOf('delete'), windowMs: 1, graceMs: 0 }),
      'aggregator.clicks.sums: subtract is given, and clicks.raw has no field "revision": expected one, which grows',
    ],
    [
      () => createRunningTotals({ ...shared, ...unrevised, results: resultsOf('compact'), horizonMs: 1, log }),
      'subtract is given, and clicks.raw has no field "revision"',
    ],
    [() => keyed({ gapMs: 0 }), 'aggregator.clicks.visits: gapMs is 0: expected whole milliseconds, above 0.'],
    [() => ranks(0, 1), 'aggregator.clicks.top: top is 0: expected a whole number above 0.'],
    [() => ranks(1, 0), 'keepMs is 0: expected whole milliseconds, above 0.'],
    [() => ranks(1, 1, {}), 'clicks.sums has no field "revision": expected one that only grows.'],
    [() => keyed({ lengthMs: 1, graceMs: -1 }), 'graceMs is -1: expected whole milliseconds, 0 or more.'],
    [() => keyed({ windowOf, graceMs: -1, maxLengthMs: 1 }), 'graceMs is -1: expected whole milliseconds, 0 or more.'],
    [() => keyed({ windowOf, graceMs: 0, maxLengthMs: Number.POSITIVE_INFINITY }), 'maxLengthMs is Infinity: expected'],
  ])('are refused when the topology is made: %s', (make, message) => {
    expect(make).toThrow(message)
  })

  it('are no others', () => {
    const windows = [{ gapMs: 1 }, { lengthMs: 1, graceMs: 0 }, { windowOf, graceMs: 0, maxLengthMs: 1 }]
    const made = [sums(1, 0), totals('compact', 1), ...windows.map(keyed), ranks(1, 1)]
    expect(made.map(({ name }) => name)).toHaveLength(6)
  })
})

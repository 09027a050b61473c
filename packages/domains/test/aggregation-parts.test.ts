import { defineTopic, eventId, instant, instantField, keyField } from '@millrace/contracts'
import { createServiceMetrics } from '@millrace/runtime'
import {
  createJoinMetrics,
  createReferenceJoin,
  createRunningTotals,
  ReferenceTable,
  type Topology,
} from '@millrace/stream'
import { defineLateTopic, definePartialsTopic, totalState } from '@millrace/stream/windows'
import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { AggregationParts } from '../aggregation.ts'

const HOUR_MS = 3_600_000
const play = z.looseObject({ eventId, datetime: instant, listener: z.string() })
const keyOf = keyField('listener')
const eventTimeMs = instantField('datetime')
const common = { keyOf, eventTimeMs, partitions: 1, why: 'Of a domain with totals and a join.' }

const raw = defineTopic({ ...common, name: 'songs.raw', schema: play })
const listeners = defineTopic({
  ...common,
  name: 'songs.listeners',
  schema: z.looseObject({ listener: z.string(), name: z.string() }),
  eventTimeMs: () => null,
  cleanup: 'compact',
})
const joined = defineTopic({
  ...common,
  name: 'songs.joined',
  schema: play.extend({ name: z.string().nullable(), revision: z.int() }),
})
const totals = defineTopic({
  ...common,
  name: 'songs.totals',
  schema: z.looseObject({ listener: z.string(), plays: z.int(), state: totalState }),
  eventTimeMs: () => null,
  cleanup: 'compact',
})
const beside = { source: raw, topology: 'totals', of: 'the totals' }
const partials = definePartialsTopic({ name: 'songs.totals-partials', ...beside })
const late = defineLateTopic({ name: 'songs.totals-late', ...beside })

const totalsOf = ({ log }: AggregationParts): Topology =>
  createRunningTotals({
    ...{ name: 'aggregator.songs.totals', service: 'aggregator', log, source: raw, partials, results: totals, late },
    horizonMs: HOUR_MS,
    groupsOf: event => [['listener', event.listener]],
    zero: 0,
    add: sum => sum + 1,
    merge: (a, b) => a + b,
    toEvent: ({ group: [, listener], result, state }) => ({ listener: listener!, plays: result, state }),
  })
const joinOf = ({ log, joinMetrics }: AggregationParts): Topology =>
  createReferenceJoin({
    ...{ name: 'aggregator.songs.joined', service: 'aggregator', source: raw, results: joined, waitMs: HOUR_MS },
    tables: { listener: { table: new ReferenceTable(listeners, log), keyOf: event => event.listener } },
    join: (event, { listener }, revision) => ({ ...event, name: listener?.name ?? null, revision }),
    ...(joinMetrics && { metrics: joinMetrics }),
  })
const event = {
  eventId: '00000000-0000-4000-8000-000000000001',
  datetime: '2024-03-24T11:25:29.845Z',
  listener: 'ann',
}

it('a domain has what running totals need', async () => {
  await using driver = await createTopologyDriver(log => totalsOf({ log }))
  await driver.pipe(raw, event)
  await driver.advance(2000)
  expect(await driver.read(totals)).toMatchObject([{ listener: 'ann', plays: 1 }])
})

it('a domain has what counts its joins', async () => {
  const { registry } = createServiceMetrics('aggregator')
  const joinMetrics = createJoinMetrics('aggregator', registry)
  await using driver = await createTopologyDriver(log => joinOf({ log, joinMetrics }), { topics: [listeners] })
  await driver.pipe(raw, event)
  expect(await driver.read(joined)).toMatchObject([{ listener: 'ann', name: null }])
  expect(await registry.metrics()).toMatch(/^millrace_aggregator_join_missing_rows_total\{.*\} 1$/m)
})

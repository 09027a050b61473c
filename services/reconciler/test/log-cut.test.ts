import { createCatalog, defineDomain, defineTopic, keyField, type Topic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { drawLogCut } from '../src/log-cut.ts'

const topic = (name: string, derivedFrom?: Topic['derivedFrom']): Topic =>
  defineTopic({
    name: `shop.${name}`,
    schema: z.looseObject({ eventId: z.string() }),
    keyOf: keyField('eventId'),
    eventTimeMs: () => null,
    timeText: 'none',
    ...(derivedFrom && { derivedFrom }),
    why: 'Orders.',
  })
const raw = topic('raw')
const made = { by: 'aggregator', topology: 'sums', relation: 'aggregate' } as const
const partials = topic('partials', { topic: raw, ...made })
const sums = topic('sums', { topic: partials, ...made })
const ranks = topic('ranks', { topic: sums, ...made })
/** Of events that either stage could not count. */
const late = topic('late', { topic: raw, ...made })
const topics = [late, ranks, sums, partials, raw]
const { groupsOf } = createCatalog([
  defineDomain({ name: 'shop', title: 'Orders', topics: { raw, partials, sums, ranks, late } }),
])

it('ends each topic when the group that makes it has read all of its sources', async () => {
  const calls: string[] = []
  const log: Partial<EventLog> = {
    range: async name => {
      calls.push(`end of ${name}`)
      return [{ partition: 0, earliest: 0, end: 3 }]
    },
    committed: async (group, name) => {
      calls.push(`${group} at ${name}`)
      return new Map([[0, { offset: 3, metadata: '' }]])
    },
  }
  await drawLogCut({
    ...{ log: log as EventLog, clock: new ManualClock(), topics, deadlineMs: 1_000 },
    groupsOf: ({ name }) => groupsOf(name),
  })
  const first = (call: string): number => calls.indexOf(call)
  for (const source of ['shop.raw', 'shop.partials'])
    for (const end of ['shop.sums', 'shop.ranks', 'shop.late'])
      expect(first(`end of ${end}`), end).toBeGreaterThan(first(`aggregator.shop.sums at ${source}`))
  expect(first('end of shop.ranks')).toBeGreaterThan(first('aggregator.shop.sums at shop.sums'))
  expect(first('end of shop.partials')).toBeGreaterThan(first('aggregator.shop.sums at shop.raw'))
  expect(calls.filter(call => call.startsWith('aggregator'))).not.toHaveLength(0)
})

it('waits for no group that has only tombstones of a compacted topic before it', async () => {
  const compacted: Topic = { ...raw, cleanup: 'compact' }
  const values = ['{}', '', '']
  const log: Partial<EventLog> = {
    range: async () => [{ partition: 0, earliest: 0, end: 3 }],
    committed: async () => new Map([[0, { offset: committed, metadata: '' }]]),
    read: async function* (topic, partition, from, to) {
      yield values.slice(from, to).map((value, index) => ({
        ...{ topic, partition, offset: from + index, key: Buffer.from('k'), value: Buffer.from(value), timestampMs: 0 },
      }))
    },
  }
  const options = { log: log as EventLog, clock: new ManualClock(), topics: [compacted], deadlineMs: 0 }
  let committed = 1
  expect(await drawLogCut({ ...options, groupsOf: () => ['g'] })).toEqual(new Map([['shop.raw', new Map([[0, 3]])]]))
  committed = 0
  await expect(drawLogCut({ ...options, groupsOf: () => ['g'] })).rejects.toThrow('g is 1 records behind on shop.raw')
  await expect(drawLogCut({ ...options, topics: [raw], groupsOf: () => ['g'] })).rejects.toThrow(
    'g is 3 records behind',
  )
})

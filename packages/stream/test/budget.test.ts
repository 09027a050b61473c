import type { EventLog } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics } from '@millrace/runtime'
import { type TopologyDriver, waitUntil } from '@millrace/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createByteBudget, createRunner, type Topology } from '../src/index.ts'
import { copying, driverOf, gate, scores, textOf } from './support.ts'

const LIMIT = 20_000
const BATCH = 2_000
const PARTITIONS = 6

/** Notes what is processed; records of the keys in `stuckKeys` wait until the gate is opened. */
function finishing(stuckKeys: ReadonlySet<string>, opened: Promise<void>) {
  const finished: string[] = []
  const topology = copying({
    process: async records => {
      if (records.some(({ key }) => stuckKeys.has(key.toString()))) await opened
      finished.push(...records.map(textOf))
      return { emits: [], failed: [], done: records.at(-1)!.offset + 1 }
    },
  })
  return { topology, finished }
}

/** Calls `onPoll` whenever the runner has settled who may read, before it reads on. */
const watchingPolls =
  (onPoll: () => void) =>
  (log: EventLog): EventLog => ({
    ...log,
    consumer: async options => {
      const consumer = await log.consumer(options)
      const poll = (maxWaitMs: number) => {
        onPoll()
        return consumer.poll(maxWaitMs)
      }
      return { ...consumer, poll }
    },
  })

async function send(driver: TopologyDriver, topic: 'test.raw' | 'test.scores', key: string, texts: readonly string[]) {
  const producer = await driver.log.producer({ clientId: 'test' })
  // One by one: what is appended together is also read together, however large it is.
  for (const text of texts) {
    const record = { key: Buffer.from(key), value: Buffer.from(text), timestampMs: 0 }
    const [result] = await producer.append(topic, [record], { deadlineMs: 10_000 })
    if (!result?.ok) throw result?.error
  }
  await producer.close()
}

const numbered = (key: string, { count, bytes }: { readonly count: number; readonly bytes: number }): string[] =>
  Array.from({ length: count }, (_, n) => `${key} ${n} `.padEnd(bytes, 'x'))

/** Keys of different partitions. */
async function keysApart(driver: TopologyDriver, count: number): Promise<string[]> {
  const producer = await driver.log.producer({ clientId: 'test' })
  const byPartition = new Map<number, string>()
  for (let n = 0; byPartition.size < count; n++) {
    const partition = producer.partitionFor('test.raw', Buffer.from(`key-${n}`))
    if (!byPartition.has(partition)) byPartition.set(partition, `key-${n}`)
  }
  await producer.close()
  return [...byPartition.values()]
}

const done = (finished: readonly string[], texts: readonly string[]) =>
  waitUntil(() => texts.every(text => finished.includes(text)), {
    what: 'what is not stuck to be finished',
    deadlineMs: 20_000,
    intervalMs: 2,
  })

describe('bytes in flight', () => {
  it('stay below the limit and one batch per partition, and partitions that are stuck hold up no other', async () => {
    const traffic = fc.record({
      count: fc.integer({ min: 0, max: 60 }),
      bytes: fc.constantFrom(40, 400, 1_500),
      isStuck: fc.boolean(),
    })
    let mostHeld = 0
    await fc.assert(
      fc.asyncProperty(fc.array(traffic, { minLength: 2, maxLength: PARTITIONS }), async traffics => {
        const budget = createByteBudget(LIMIT)
        const { opened, open } = gate()
        const stuckKeys = new Set<string>()
        const { topology, finished } = finishing(stuckKeys, opened)
        let mostBytes = 0
        const throughLog = watchingPolls(() => {
          mostBytes = Math.max(mostBytes, budget.heldBytes)
        })
        const runner = { budget, maxBatchBytes: BATCH }
        await using driver = await driverOf(topology, { runner, throughLog })
        const keys = await keysApart(driver, traffics.length)
        for (const [index, { isStuck }] of traffics.entries()) if (isStuck) stuckKeys.add(keys[index]!)
        const sent = traffics.map((what, index) => numbered(keys[index]!, what))
        for (const [index, texts] of sent.entries()) await send(driver, 'test.raw', keys[index]!, texts)
        try {
          await done(
            finished,
            sent.flatMap((texts, index) => (traffics[index]!.isStuck ? [] : texts)),
          )
        } finally {
          open()
        }
        await driver.advance(1_000)
        expect(finished.toSorted()).toEqual(sent.flat().sort())
        expect(mostBytes).toBeLessThan(LIMIT + PARTITIONS * BATCH)
        expect(budget.heldBytes).toBe(0)
        mostHeld = Math.max(mostHeld, mostBytes)
      }),
      { numRuns: 12, endOnFailure: true },
    )
    expect(mostHeld).toBeGreaterThanOrEqual(LIMIT)
  })

  it('of several runners are one budget: one that is stuck leaves the others their batches, and all is given back', async () => {
    const budget = createByteBudget(LIMIT)
    const { opened, open } = gate()
    const stuck = finishing(new Set(['busy']), opened)
    const other = finishing(new Set(), opened)
    const options = { budget, maxBatchBytes: BATCH }
    await using driver = await driverOf(stuck.topology, { runner: options })
    const topology: Topology = { ...other.topology, name: 'other', topics: [scores] }
    const metrics = createServiceMetrics('other', { processMetrics: false })
    const logger = createLogger('other', { level: 'silent' })
    const runner = createRunner({ ...driver, topology, logger, metrics, health: createHealth(), options })
    await runner.start()

    try {
      await send(driver, 'test.raw', 'busy', numbered('busy', { count: 60, bytes: 1_000 }))
      await waitUntil(() => budget.heldBytes >= LIMIT, { what: 'a full budget', deadlineMs: 20_000, intervalMs: 2 })
      const texts = numbered('quiet', { count: 30, bytes: 1_000 })
      await send(driver, 'test.scores', 'quiet', texts)
      await done(other.finished, texts)
      expect(stuck.finished).toEqual([])
      expect(budget.heldBytes).toBeGreaterThanOrEqual(LIMIT)
    } finally {
      await runner.stop()
      open()
    }
    await driver.advance(1_000)
    expect(stuck.finished).toHaveLength(60)
    expect(budget.heldBytes).toBe(0)
  })
})

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { failedEventsTopic, type Topic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedEventLog, type EventLog } from '@millrace/event-log'
import { createCassandraMart, type Mart } from '@millrace/mart'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createRunner, emitEvent, type Runner } from '@millrace/stream'
import { openStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMartWriterMetrics, createMartWriterTopology } from '../src/index.ts'
import { everyTable, openTestMart } from './embedded-world.ts'
import { alert, curated, quality, score, truth } from './lol-events.ts'

const logger = createLogger('test', { level: 'silent' })
const clock = systemClock
const ACTIONS = 6000
const WINDOWS = 30
const topicsInUse = createMartWriterTopology({ domain: lol, mart: {} as Mart }).topics

/** A backlog with every topic of the mart writer in it, on a log of its own. */
async function fillLog(log: EventLog): Promise<void> {
  await log.ensureTopics([...topicsInUse, failedEventsTopic])
  const indexes = Array.from({ length: ACTIONS }, (_, index) => index)
  const { topics } = lol
  const events: readonly (readonly [Topic, readonly Record<string, unknown>[]])[] = [
    [topics.curated, indexes.map(index => curated(index))],
    [topics.scores, indexes.map(index => score(index))],
    [topics.truth, indexes.slice(0, 14).map(index => truth(index))],
    [topics.alerts, indexes.filter(index => index % 100 === 0).map(alert)],
    [topics.qualities, [1, 2].flatMap(revision => indexes.slice(0, WINDOWS).map(index => quality(index, revision)))],
  ]
  const producer = await log.producer({ clientId: 'backlog' })
  for (const [topic, values] of events) {
    const records = values.map(value => ({ ...emitEvent(topic, value), timestampMs: clock.now() }))
    const results = await producer.append(topic.name, records, { deadlineMs: 60_000 })
    expect(results.every(result => result.ok)).toBe(true)
  }
  await producer.close()
}

async function isWorkedOff(log: EventLog): Promise<boolean> {
  for (const topic of topicsInUse) {
    const committed = await log.committed('mart-writer.lol', topic.name)
    for (const { partition, end } of await log.range(topic.name))
      if (end > 0 && committed.get(partition)?.offset !== end) return false
  }
  return true
}

function startWriter(log: EventLog, mart: Mart) {
  const metrics = createServiceMetrics('mart-writer', { processMetrics: false })
  const runner = createRunner({
    topology: createMartWriterTopology({ domain: lol, mart, metrics: createMartWriterMetrics(metrics), logger }),
    ...{ log, clock, logger, metrics, health: createHealth() },
    // Small batches, so that there is a middle of the backlog.
    options: { maxBatchBytes: 40_000, commitEveryMs: 200, retry: { maxDelayMs: 1000 } },
  })
  const total = async (name: string): Promise<number> => {
    const metric = await metrics.registry.getSingleMetric(`millrace_mart_writer_${name}_total`)?.get()
    return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
  }
  return { runner, total }
}

describeOnStack('mart writer on Cassandra', ['cassandra'], ({ cassandra, directory }) => {
  let folder: string
  let log: EventLog
  let mart: Mart
  let runner: Runner | undefined
  let wanted: Awaited<ReturnType<typeof everyTable>>

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mart-writer-recovery-'))
    log = await createEmbeddedEventLog({ directory: folder, clock, logger })
    await fillLog(log)
    mart = createCassandraMart({
      ...cassandra,
      ...{ keyspace: `writer_${randomUUID().replaceAll('-', '').slice(0, 12)}`, requestTimeoutMs: 2000, clock, logger },
    })
    await mart.ensureTables(lol.tables)
    await using undisturbed = await openTestMart()
    const processor = createMartWriterTopology({ domain: lol, mart: undisturbed })
    for (const topic of topicsInUse)
      for (const { partition, earliest, end } of await log.range(topic.name))
        for await (const records of log.read(topic.name, partition, earliest, end))
          await processor.createProcessor(topic, partition).process(records)
    wanted = await everyTable(undisturbed)
  })
  afterEach(async () => {
    await runner?.stop()
    await mart?.close()
    await log?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(['killed with -9 and started again', 'frozen and thawed'])(
    'recovers by itself, and fills the tables as if undisturbed, when Cassandra is %s in the middle of a backlog',
    async what => {
      const stack = await openStack(directory)
      const server = stack!.server('cassandra')
      const writer = startWriter(log, mart)
      runner = writer.runner
      await runner.start()
      const rows = async () => (await writer.total('rows_written')) > 1000
      await waitUntil(rows, { what: 'the first thousand rows', deadlineMs: 120_000, intervalMs: 5 })
      expect(await isWorkedOff(log)).toBe(false)
      if (what === 'frozen and thawed') await server.freeze()
      else await server.kill()
      try {
        const failures = async () => (await writer.total('upserts_failed')) > 0
        await waitUntil(failures, { what: 'an upsert that fails', deadlineMs: 120_000 })
        expect(await isWorkedOff(log)).toBe(false)
      } finally {
        if (what === 'frozen and thawed') await server.thaw()
        else await server.restart()
      }
      const failed = runner.finished.then(() => false)
      const done = () => Promise.race([isWorkedOff(log), failed])
      await waitUntil(done, { what: 'the backlog to be worked off', deadlineMs: 180_000 })
      const stored = await everyTable(mart)
      expect(Object.fromEntries(Object.entries(stored).map(([name, all]) => [name, all.length]))).toEqual({
        lol_analysis: ACTIONS,
        lol_training: ACTIONS,
        lol_scores_by_player: ACTIONS,
        lol_alerts_by_day: ACTIONS / 100,
        lol_quality: WINDOWS,
      })
      expect(stored).toEqual(wanted)
      expect(await log.range('failed-events')).toSatisfy((all: { end: number }[]) => all.every(({ end }) => end === 0))
    },
    300_000,
  )
})

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { failedEventsTopic } from '@millrace/contracts'
import { createKafkaEventLog, type EventLog, type LogRecord } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createTcpProxy, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRunner, type Runner, type RunnerOptions, type Topology } from '../src/index.ts'
import { rememberedOf, remembering } from './remembering.ts'
import { renamedLog } from './renamed-log.ts'
import { copy, copying, curated, raw, samples, scores, textOf } from './support.ts'

const silent = createLogger('test', { level: 'silent' })
const START_MS = Date.UTC(2025, 0, 1)
/** The shortest session that brokers allow by default. */
const SESSION_MS = 6_000

async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const all: LogRecord[] = []
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const batch of log.read(topic, partition, earliest, end)) all.push(...batch)
  return all
}

async function lag(log: EventLog, group: string): Promise<number> {
  const committed = await log.committed(group, 'test.raw')
  const ranges = await log.range('test.raw')
  return ranges.reduce((sum, { partition, end }) => sum + end - (committed.get(partition)?.offset ?? 0), 0)
}

const caughtUp = (log: EventLog, group: string): Promise<boolean> =>
  waitUntil(async () => (await lag(log, group)) === 0, {
    what: `no lag of ${group}`,
    deadlineMs: 120_000,
    intervalMs: 200,
  })

describeOnStack('the runner on Kafka', ['kafka'], ({ kafka }) => {
  const broker = kafka.brokers[0]!
  let suffix: string
  let log: EventLog
  let closers: (() => Promise<unknown>)[]

  beforeEach(async () => {
    suffix = `-${randomUUID().slice(0, 8)}`
    const inner = createKafkaEventLog({ brokers: kafka.brokers, clientId: 'test', clock: systemClock, logger: silent })
    log = renamedLog(inner, suffix)
    closers = [() => inner.close()]
    await log.ensureTopics([raw, curated, scores, failedEventsTopic])
  })

  afterEach(async () => {
    for (const close of closers.reverse()) await close()
  })

  async function send(texts: readonly { readonly key: string; readonly text: string }[]): Promise<void> {
    const producer = await log.producer({ clientId: 'sender' })
    const timestampMs = systemClock.now()
    const records = texts.map(({ key, text }) => ({ key: Buffer.from(key), value: Buffer.from(text), timestampMs }))
    const results = await producer.append('test.raw', records, { deadlineMs: 60_000 })
    expect(results.filter(({ ok }) => !ok)).toEqual([])
    await producer.close()
  }

  async function start(topology: Topology, options: RunnerOptions = {}, through = log) {
    const metrics = createServiceMetrics(topology.name, { processMetrics: false })
    const health = createHealth()
    const runner: Runner = createRunner({
      topology,
      log: through,
      clock: systemClock,
      logger: silent,
      metrics,
      health,
      options,
    })
    await runner.start()
    closers.push(() => runner.stop())
    return { runner, metrics, health }
  }

  it('is not evicted while a step takes longer than the session', async () => {
    const keys = ['ann', 'bob', 'cem', 'dee', 'eva', 'fin']
    const begun: string[] = []
    const slow = copying({
      process: async records => {
        begun.push(...records.map(textOf))
        await systemClock.sleep(SESSION_MS * 1.5)
        return copy(records)
      },
    })
    await send(keys.map(key => ({ key, text: key })))
    const { runner } = await start(slow, { sessionTimeoutMs: SESSION_MS })
    await caughtUp(log, slow.name)
    await runner.stop()
    expect(begun.toSorted()).toEqual(keys)
    expect((await recordsOf(log, 'test.curated')).map(textOf).toSorted()).toEqual(keys)
  })

  it('shares partitions with another, and either takes over without losing or disordering anything', async () => {
    const keys = Array.from({ length: 30 }, (_, n) => `player-${n}`)
    const topology = copying()
    let opened = 0
    const counting = copying({
      open: async ({ committed, earliest }) => {
        opened++
        const from = committed?.offset ?? earliest
        return { readFrom: from, publishFrom: from }
      },
    })
    const rounds = 6
    const first = await start(topology, { sessionTimeoutMs: SESSION_MS })
    let second: Awaited<ReturnType<typeof start>> | undefined
    for (let round = 0; round < rounds; round++) {
      // Before there is anything to take: the first would have done it by the time the second has its share.
      if (round === 2) await waitUntil(() => opened > 0, { what: 'the second to have its share', deadlineMs: 120_000 })
      await send(keys.map(key => ({ key, text: `${key} ${round}` })))
      if (round === 1) second = await start(counting, { sessionTimeoutMs: SESSION_MS })
      if (round === 2)
        await waitUntil(async () => Object.keys(await samples(second!.metrics.recordsIn)).length > 0, {
          what: 'the second to get work',
          deadlineMs: 120_000,
        })
      if (round === 4) await second!.runner.stop()
    }
    await caughtUp(log, topology.name)
    await first.runner.stop()
    const out = [...new Set((await recordsOf(log, 'test.curated')).map(textOf))]
    for (const key of keys)
      expect(out.filter(text => text.startsWith(`${key} `))).toEqual(
        Array.from({ length: rounds }, (_, n) => `${key} ${n}`),
      )
  })

  it.each(['refuse', 'hold'] as const)(
    'waits out brokers that are away, says so, and goes on where it was: %s',
    async how => {
      const proxies = new Map<number, Awaited<ReturnType<typeof createTcpProxy>>>()
      for (const target of kafka.brokers) {
        const proxy = await createTcpProxy({ target })
        closers.push(() => proxy.close())
        proxies.set(Number(target.split(':')[1]), proxy)
      }
      const cut = createKafkaEventLog({
        brokers: kafka.brokers,
        clientId: 'cut',
        clock: systemClock,
        logger: silent,
        routeTo: ({ port }) => ({ host: '127.0.0.1', port: proxies.get(port)!.port }),
      })
      closers.push(() => cut.close())
      const texts = (from: number) =>
        Array.from({ length: 50 }, (_, n) => ({ key: `k${n % 7}`, text: String(from + n) }))
      await send(texts(0))
      const { health } = await start(copying(), { sessionTimeoutMs: SESSION_MS }, renamedLog(cut, suffix))
      await caughtUp(log, 'copier')
      await Promise.all([...proxies.values()].map(proxy => proxy[how]()))
      await send(texts(100))
      await waitUntil(() => health.notReady()?.copier, {
        what: 'readiness to say that the log is away',
        deadlineMs: 120_000,
      })
      // Longer than the session: the group has given the partitions up.
      await systemClock.sleep(SESSION_MS * 1.5)
      expect(health.live()).toBe(true)
      await Promise.all([...proxies.values()].map(proxy => proxy.restore()))
      await caughtUp(log, 'copier')
      await waitUntil(() => health.notReady() === null, { what: 'readiness', deadlineMs: 120_000 })
      const out = new Set((await recordsOf(log, 'test.curated')).map(textOf))
      expect(out).toEqual(new Set([...texts(0), ...texts(100)].map(({ text }) => text)))
    },
  )

  it('takes no more than its budget from a large backlog while its sink is stuck, and works it off later', async () => {
    const budgetBytes = 8 << 20
    const backlogBytes = 16 * budgetBytes
    const text = 'x'.repeat(8_000)
    for (let sent = 0; sent < backlogBytes; sent += 1_000 * text.length)
      await send(Array.from({ length: 1_000 }, (_, n) => ({ key: `player-${n % 24}`, text })))
    const script = new URL('stuck-process.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [script, broker, suffix, String(budgetBytes)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    closers.push(async () => child.kill('SIGKILL'))
    const states: { rssBytes: number; inFlightBytes: number }[] = []
    let rest = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop()!
      states.push(...lines.map(line => JSON.parse(line)))
    })
    const holding = (count: number) =>
      waitUntil(() => states.filter(({ inFlightBytes }) => inFlightBytes >= budgetBytes / 2).length >= count, {
        what: `a process that holds its budget, seen ${count} times`,
        deadlineMs: 90_000,
      })
    await holding(4)
    const idleBytes = states[0]!.rssBytes
    const fullBytes = Math.max(...states.map(({ rssBytes }) => rssBytes))
    await holding(60)
    const mostBytes = Math.max(...states.map(({ rssBytes }) => rssBytes))
    expect(Math.max(...states.map(({ inFlightBytes }) => inFlightBytes))).toBeLessThan(2 * budgetBytes)
    expect(mostBytes / fullBytes).toBeLessThan(1.25)
    expect(mostBytes - idleBytes).toBeLessThan(backlogBytes)
    child.kill('SIGUSR2')
    await caughtUp(log, 'copier')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('gives after kill -9 what it would have given undisturbed', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `player-${n}`)
    let sent = 0
    const sendSome = (count: number) =>
      send(
        Array.from({ length: count }, () => {
          // Every 31st repeats an earlier one, every 97th is bad.
          const n = sent % 31 === 7 ? sent - 7 : sent
          sent++
          return { key: keys[n % keys.length]!, text: n % 97 === 13 ? `e${n} bad` : `e${n} ${START_MS + n * 40}` }
        }),
      )
    const spawnRunner = (): ChildProcess => {
      const child = spawn(process.execPath, [new URL('runner-process.ts', import.meta.url).pathname, broker, suffix], {
        stdio: 'ignore',
      })
      closers.push(async () => child.kill('SIGKILL'))
      return child
    }
    const outputs = async (atLeast: number) =>
      waitUntil(async () => (await recordsOf(log, 'test.scores')).length >= atLeast, {
        what: `${atLeast} outputs`,
        deadlineMs: 120_000,
        intervalMs: 20,
      })
    await sendSome(2_000)
    for (const atLeast of [1, 1_200]) {
      const child = spawnRunner()
      await outputs(atLeast)
      child.kill('SIGKILL')
      await once(child, 'exit')
      await sendSome(1_000)
    }
    const last = spawnRunner()
    await caughtUp(log, remembering.name)
    last.kill('SIGTERM')
    await once(last, 'exit')

    const expected = new Map<string, string>()
    const failed = new Set<string>()
    for (const [partition, records] of Map.groupBy(await recordsOf(log, 'test.raw'), record => record.partition)) {
      const processor = remembering.createProcessor(raw, partition)
      const end = records.length
      await processor.open({ topic: 'test.raw', partition, epoch: 1, committed: null, earliest: 0, end })
      const result = await processor.process(records)
      for (const emit of result.emits) expected.set(rememberedOf(emit).split(' ')[0]!, rememberedOf(emit))
      for (const { record } of result.failed) failed.add(`${partition}/${record.offset}`)
    }
    expect(expected.size).toBeGreaterThan(3_500)
    const got = new Map<string, string>()
    const different: string[] = []
    const published = await recordsOf(log, 'test.scores')
    for (const output of published) {
      const text = rememberedOf(output)
      const id = text.split(' ')[0]!
      got.set(id, text)
      if (text !== expected.get(id)) different.push(text)
    }
    expect(different).toEqual([])
    expect(got.size).toBe(expected.size)
    expect(published).toHaveLength(expected.size)
    const failures = (await recordsOf(log, 'failed-events')).map(record => JSON.parse(textOf(record)))
    expect(new Set(failures.map(({ partition, offset }) => `${partition}/${offset}`))).toEqual(failed)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { makerOf, readWire, type Topic } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { type Curation, curations } from '@millrace/domains/curation'
import { simulations } from '@millrace/domains/simulation'
import { createEmbeddedEventLog, openEmbeddedLogReader } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { startService, waitUntil } from '@millrace/testing'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('curator-process.ts', import.meta.url))
const EVENTS = 400
const DEADLINE_MS = 60_000

/** The first raw events of a domain's simulation, in canonical form as behind the gateway. */
function simulatedEvents({ source }: Curation) {
  const simulation = simulations.get(source.domain)!
  const { stream } = simulation.simulate(simulation.parse({ duration: 'forever' }), systemClock.now())
  const records: { readonly key: string; readonly eventId: string; readonly value: string }[] = []
  while (records.length < EVENTS && Number.isFinite(stream.nextMs)) {
    const { topic, key, eventId, value } = stream.next()
    if (topic === source.name)
      records.push({ key, eventId, value: JSON.stringify(readWire(JSON.parse(value), source.wire)) })
  }
  if (records.length < EVENTS)
    throw new Error(
      `The simulation of ${source.domain} sends ${records.length} events of ${source.name}: expected at least ${EVENTS} where its duration is "forever".`,
    )
  return records
}
const eventsOf = new Map(curations.map(curation => [curation, simulatedEvents(curation)]))

/** A log with the first raw events of every domain, and the curator that works on it, as a process. */
async function openWorld(events = EVENTS) {
  const directory = temporaryDirectory('curator')

  /** Writes the events of every domain from one index up to another, while no curator runs. */
  async function append(from: number, to: number): Promise<void> {
    const logger = createLogger('test', { level: 'silent' })
    const log = await createEmbeddedEventLog({ directory, clock: systemClock, logger })
    await log.ensureTopics(catalog.topics)
    const producer = await log.producer({ clientId: 'test' })
    for (const curation of curations) {
      const { source } = curation
      const records = eventsOf
        .get(curation)!
        .slice(from, to)
        .map(({ key, value }) => ({
          key: Buffer.from(key),
          value: Buffer.from(value),
          timestampMs: systemClock.now(),
        }))
      const byPartition = Map.groupBy(records, ({ key }) => producer.partitionFor(source.name, key))
      for (const ofPartition of byPartition.values())
        for (const result of await producer.append(source.name, ofPartition, { deadlineMs: DEADLINE_MS }))
          if (!result.ok) throw result.error
    }
    await producer.close()
    await log.close()
  }
  await append(0, events)
  const reader = openEmbeddedLogReader({ directory })

  /** Every record of a topic by key, as it is written. */
  async function recordsOf({ name }: Topic): Promise<string[]> {
    const found: string[] = []
    for (const { partition, earliest, end } of await reader.range(name))
      for await (const records of reader.read(name, partition, earliest, end))
        for (const { key, value } of records) found.push(`${key} ${value}`)
    return found.sort()
  }
  const variables = { DIRECTORY: directory, MILLRACE_KAFKA_BROKERS: 'nowhere:1' }
  async function start(more: Readonly<Record<string, string>> = {}) {
    const service = await startService(MAIN, { ...variables, ...more })
    onTestFinished(() => service.kill())
    return service
  }
  /** Runs it until it kills itself behind so many batches that it published. @returns the signal that ended it */
  async function runUntilKilled(batches: number): Promise<string | null> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        PATH: process.env.PATH,
        TMPDIR: os.tmpdir(),
        ...variables,
        MILLRACE_ADMIN_PORT: '0',
        DIE_AFTER: String(batches),
      },
      stdio: 'ignore',
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [, signal] = await once(child, 'exit')
    return signal
  }
  const untilCurated = ({ target }: Curation, count = EVENTS): Promise<unknown> =>
    waitUntil(async () => new Set(await recordsOf(target)).size >= count, {
      what: `${count} records in ${target.name}`,
      deadlineMs: DEADLINE_MS,
    })
  /** Curated events of which the source is not committed. */
  async function publishedBeyond({ source, target }: Curation): Promise<number> {
    const log = await createEmbeddedEventLog({
      directory,
      clock: systemClock,
      logger: createLogger('test', { level: 'silent' }),
    })
    const committed = await log.committed(makerOf(target), source.name)
    await log.close()
    const finished = [...committed.values()].reduce((sum, { offset }) => sum + offset, 0)
    return (await recordsOf(target)).length - finished
  }
  return { append, start, runUntilKilled, recordsOf, untilCurated, publishedBeyond }
}

/** What each topic has after a run without disturbance. */
async function undisturbed(): Promise<Map<string, string[]>> {
  const world = await openWorld()
  const service = await world.start()
  await Promise.all(curations.map(curation => world.untilCurated(curation)))
  expect(await service.stop()).toBe(0)
  return new Map(
    await Promise.all(curations.map(async ({ target }) => [target.name, await world.recordsOf(target)] as const)),
  )
}

it('gives each event of every domain one curated event, under the same id and key', async () => {
  const curated = await undisturbed()
  expect(curated.size).toBeGreaterThan(1)
  for (const curation of curations) {
    const of = curated.get(curation.target.name)!.map(line => {
      const start = line.indexOf(' {')
      return `${line.slice(0, start)} ${JSON.parse(line.slice(start)).eventId}`
    })
    expect(of.sort()).toEqual(
      eventsOf
        .get(curation)!
        .map(({ key, eventId }) => `${key} ${eventId}`)
        .sort(),
    )
  }
})

it('stops the domain that fails, says so, and goes on with the others; a restart loses nothing', async () => {
  const world = await openWorld()
  const [failing, ...others] = curations as [Curation, ...Curation[]]
  const domain = failing.source.domain
  const service = await world.start({ FAIL: failing.target.name })
  await Promise.all(others.map(curation => world.untilCurated(curation)))
  await waitUntil(async () => (await service.metric('millrace_curator_stopped_domains')) === 1, {
    what: `${domain} to be stopped`,
    deadlineMs: DEADLINE_MS,
  })
  expect((await service.notReady())?.curator).toBe(`domain ${domain} stopped: Error: never seen before`)
  expect(await service.isLive()).toBe(true)
  expect(service.lines.filter(({ event }) => event === 'domain_stopped')).toMatchObject([{ domain }])
  expect(await world.recordsOf(failing.target)).toEqual([])
  expect(await service.stop()).toBe(0)

  const again = await world.start()
  await world.untilCurated(failing)
  expect(await again.stop()).toBe(0)
  for (const { target } of curations) expect(await world.recordsOf(target), target.name).toHaveLength(EVENTS)
})

it('has the same curated events, each once, after it was killed again and again', async () => {
  const world = await openWorld(EVENTS / 2)
  // With state that was committed, so that a restart has to read what came before its offset again.
  const first = await world.start()
  await Promise.all(curations.map(curation => world.untilCurated(curation, EVENTS / 2)))
  expect(await first.stop()).toBe(0)
  await world.append(EVENTS / 2, EVENTS)
  for (const batches of [1, 2, 3]) expect(await world.runUntilKilled(batches)).toBe('SIGKILL')
  for (const curation of curations)
    expect(await world.publishedBeyond(curation), curation.target.name).toBeGreaterThan(0)
  const service = await world.start()
  await Promise.all(curations.map(curation => world.untilCurated(curation)))
  expect(await service.stop()).toBe(0)
  const expected = await undisturbed()
  for (const { target } of curations)
    expect(await world.recordsOf(target), target.name).toEqual(expected.get(target.name))
})

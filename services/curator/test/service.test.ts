import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Topic } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { type Curation, curations } from '@millrace/domains/curation'
import { createEmbeddedEventLog, openEmbeddedLogReader } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { startService, waitUntil } from '@millrace/testing'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('curator-process.ts', import.meta.url))
const EVENTS = 400
const DEADLINE_MS = 60_000

const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** Canonical events of a topic, made of its sample: the keys of ten actors, a second apart. */
function eventsOf({ source }: Curation): Record<string, unknown>[] {
  const sample = source.route!.samples[0]!
  const { keyField, timeField, wire } = source
  const canonical = Object.fromEntries(
    Object.entries(sample).map(([field, value]) => [field, wire[field]?.(value) ?? value]),
  )
  return Array.from({ length: EVENTS }, (_, index) => {
    const timeMs = Date.UTC(2024, 2, 24, 11, 0, index)
    const time = timeField!.unit === 'instant' ? new Date(timeMs).toISOString() : timeMs / 1000
    return { ...canonical, eventId: idOf(index), [keyField!]: `actor ${index % 10}`, [timeField!.field]: time }
  })
}

/** A log with the raw events of every domain, and the curator that works on it, as a process. */
async function openWorld() {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'curator-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory, clock: systemClock, logger })
  await log.ensureTopics(catalog.topics)
  const producer = await log.producer({ clientId: 'test' })
  for (const curation of curations) {
    const { source } = curation
    const byPartition = Map.groupBy(eventsOf(curation), event =>
      producer.partitionFor(source.name, Buffer.from(source.keyOf(event))),
    )
    for (const events of byPartition.values()) {
      const records = events.map(event => ({
        key: Buffer.from(source.keyOf(event)),
        value: Buffer.from(JSON.stringify(event)),
        timestampMs: systemClock.now(),
      }))
      for (const result of await producer.append(source.name, records, { deadlineMs: DEADLINE_MS }))
        if (!result.ok) throw result.error
    }
  }
  await producer.close()
  await log.close()
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
  const untilCurated = ({ target }: Curation): Promise<unknown> =>
    waitUntil(async () => new Set(await recordsOf(target)).size >= EVENTS, {
      what: `${EVENTS} records in ${target.name}`,
      deadlineMs: DEADLINE_MS,
    })
  return { start, runUntilKilled, recordsOf, untilCurated }
}

/** What each topic has after a run without disturbance. */
async function undisturbed(): Promise<Map<string, string[]>> {
  const world = await openWorld()
  const service = await world.start()
  await Promise.all(curations.map(world.untilCurated))
  expect(await service.stop()).toBe(0)
  return new Map(
    await Promise.all(curations.map(async ({ target }) => [target.name, await world.recordsOf(target)] as const)),
  )
}

it('gives each event of every domain one curated event, under the same id and key', async () => {
  const curated = await undisturbed()
  expect(curated.size).toBeGreaterThan(1)
  for (const curation of curations) {
    const records = curated.get(curation.target.name)!
    expect(records).toHaveLength(EVENTS)
    const ids = records.map(line => JSON.parse(line.slice(line.indexOf('{'))).eventId)
    expect(ids.sort()).toEqual(Array.from({ length: EVENTS }, (_, index) => idOf(index)))
    for (const line of records) expect(line).toMatch(/^actor \d \{/)
  }
})

it('stops the domain that fails, says so, and goes on with the others; a restart loses nothing', async () => {
  const world = await openWorld()
  const [failing, ...others] = curations as [Curation, ...Curation[]]
  const domain = failing.source.domain
  const service = await world.start({ FAIL: failing.target.name })
  await Promise.all(others.map(world.untilCurated))
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

it('has the same curated events after it was killed again and again, repetitions apart', async () => {
  const world = await openWorld()
  for (const batches of [1, 2, 3]) expect(await world.runUntilKilled(batches)).toBe('SIGKILL')
  const service = await world.start()
  await Promise.all(curations.map(world.untilCurated))
  expect(await service.stop()).toBe(0)
  const expected = await undisturbed()
  let repeated = 0
  for (const { target } of curations) repeated += (await world.recordsOf(target)).length - EVENTS
  expect(repeated).toBeGreaterThan(0)
  for (const { target } of curations)
    expect([...new Set(await world.recordsOf(target))], target.name).toEqual(expected.get(target.name))
})

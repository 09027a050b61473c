import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { music } from '@millrace/domains/music/contract'
import { simulation } from '@millrace/domains/music/simulate'
import { createEmbeddedEventLog, openEmbeddedLogReader } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { startService, waitUntil } from '@millrace/testing'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('profiler-process.ts', import.meta.url))
const DEADLINE_MS = 60_000
const { raw, listens, interests, behaviours, predictions, smsRequests, acceptedModels } = music.topics
const outputs = [listens, interests, behaviours, predictions, smsRequests, acceptedModels]

const simulated = (() => {
  const options = { customers: '200', tracks: '50', duration: '2h', 'listens-per-day': '200' }
  const { stream, golden } = simulation.simulate(simulation.parse(options), 0)
  const records: { topic: string; key: string; value: string }[] = []
  while (Number.isFinite(stream.nextMs)) records.push(stream.next())
  return { records, golden: golden() }
})()

/** A log with what the simulation sends, its listens up to a share of them, and the profiler that works on it as a process. */
async function openWorld() {
  const directory = temporaryDirectory('profiler')
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory, clock: systemClock, logger })
  await log.ensureTopics(Object.values(music.topics))
  const producer = await log.producer({ clientId: 'test' })
  for (const [topic, records] of Map.groupBy(simulated.records, record => record.topic)) {
    const outgoing = records.map(({ key, value }) => ({
      ...{ key: Buffer.from(key), value: Buffer.from(value), timestampMs: systemClock.now() },
    }))
    const byPartition = Map.groupBy(outgoing, ({ key }) => producer.partitionFor(topic, key))
    for (const ofPartition of byPartition.values())
      for (const result of await producer.append(topic, ofPartition, { deadlineMs: DEADLINE_MS }))
        if (!result.ok) throw result.error
  }
  await producer.close()
  await log.close()
  const reader = openEmbeddedLogReader({ directory })
  const variables = { DIRECTORY: directory, MILLRACE_KAFKA_BROKERS: 'nowhere:1' }

  async function valuesOf({ name }: { readonly name: string }): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = []
    for (const { partition, earliest, end } of await reader.range(name))
      for await (const records of reader.read(name, partition, earliest, end))
        for (const { value } of records) found.push(JSON.parse(value.toString()))
    return found
  }
  /** Runs it until it kills itself behind so many batches that it published. @returns the signal that ended it */
  async function runUntilKilled(batches: number): Promise<string | null> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        ...{ PATH: process.env.PATH, TMPDIR: os.tmpdir(), ...variables },
        ...{ MILLRACE_ADMIN_PORT: '0', DIE_AFTER: String(batches) },
      },
      stdio: 'ignore',
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [, signal] = await once(child, 'exit')
    return signal
  }
  const playsOf = async (): Promise<number> => {
    const newest = new Map<unknown, number>()
    for (const { customer_id, plays } of await valuesOf(behaviours))
      newest.set(customer_id, Math.max(newest.get(customer_id) ?? 0, Number(plays)))
    return [...newest.values()].reduce((sum, plays) => sum + plays, 0)
  }
  const total = simulated.records.filter(({ topic }) => topic === raw.name).length
  async function finish(): Promise<void> {
    const service = await startService(MAIN, variables)
    onTestFinished(() => service.kill())
    const isDone = async (): Promise<boolean> =>
      (await playsOf()) === total &&
      new Set((await valuesOf(listens)).map(({ eventId }) => eventId)).size === total &&
      (await valuesOf(acceptedModels)).length > 0
    await waitUntil(isDone, { what: 'every listen to be counted', deadlineMs: DEADLINE_MS })
    expect(await service.stop()).toBe(0)
  }
  /** The newest record of each result, by topic. */
  async function results(): Promise<ReadonlyMap<string, readonly unknown[]>> {
    const byTopic = new Map<string, readonly unknown[]>()
    for (const topic of outputs) {
      const newest = new Map<string, Record<string, unknown>>()
      for (const value of await valuesOf(topic)) {
        const { eventId, customer_id, day, revision = 0 } = value
        const key = String(eventId ?? `${customer_id} ${day}`)
        if (Number(revision) >= Number(newest.get(key)?.revision ?? 0)) newest.set(key, value)
      }
      byTopic.set(
        topic.name,
        [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value),
      )
    }
    return byTopic
  }
  return { runUntilKilled, finish, results, valuesOf }
}

it('has the results of an undisturbed run, row by row, after it was killed again and again', async () => {
  const undisturbed = await openWorld()
  await undisturbed.finish()
  const expected = await undisturbed.results()
  for (const [topic, rows] of expected) expect(rows.length, topic).toBeGreaterThan(0)
  expect(expected.get(smsRequests.name)).toHaveLength(simulated.golden.music_sms!.length)

  const world = await openWorld()
  for (const batches of [3, 5, 8, 2]) expect(await world.runUntilKilled(batches)).toBe('SIGKILL')
  await world.finish()
  expect(await world.results()).toEqual(expected)
  // No message is asked for twice.
  expect(await world.valuesOf(smsRequests)).toHaveLength(simulated.golden.music_sms!.length)
}, 240_000)

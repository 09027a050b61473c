import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { failedEventsTopic, type Topic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createEmbeddedEventLog, type EventLog, type LogRecord } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { onTestFinished } from 'vitest'
import { startGateway, type TestGateway, until } from './gateway-kit.ts'

/** Every topic that the gateway of a test writes. */
export const gatewayTopics: readonly Topic[] = [lol.topics.raw, lol.topics.truth, failedEventsTopic]

/** An event log on disk, with these topics, removed with the test. */
export async function openEmbeddedLog(topics: readonly Topic[] = gatewayTopics): Promise<EventLog> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'millrace-gateway-'))
  const log = await createEmbeddedEventLog({
    directory,
    clock: systemClock,
    logger: createLogger('log', { level: 'silent' }),
  })
  onTestFinished(async () => {
    await log.close()
    await rm(directory, { recursive: true, force: true })
  })
  await log.ensureTopics(topics)
  return log
}

/** A gateway over a log on disk, as soon as it is ready. */
export async function startEmbeddedGateway(
  options: Pick<NonNullable<Parameters<typeof startGateway>[0]>, 'keys' | 'options'> = {},
): Promise<TestGateway<EventLog>> {
  const gateway = await startGateway({ ...options, log: await openEmbeddedLog() })
  await until('the gateway is ready', () => gateway.health.notReady() === null)
  return gateway
}

/** The records of a topic, those of a partition in their order. */
export async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = []
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end)) found.push(...records)
  return found
}

/** The same as JSON. */
export const eventsOf = async (log: EventLog, topic: string): Promise<Record<string, unknown>[]> =>
  (await recordsOf(log, topic)).map(({ value }) => JSON.parse(value.toString()) as Record<string, unknown>)

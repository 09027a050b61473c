import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Logger, lockDirectory } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { EventLog, LogConsumer, LogProducer } from '../event-log.ts'
import { createEmbeddedConsumer } from './embedded-consumer.ts'
import { createEmbeddedProducer } from './embedded-producer.ts'
import { EmbeddedTopics } from './embedded-topics.ts'
import { Group } from './group.ts'
import { OffsetStore } from './offset-store.ts'
import type { OpenFile } from './partition-log.ts'

export interface EmbeddedEventLogOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  /** A segment file that reaches this size is closed and a new one begun. */
  readonly segmentBytes?: number
  /** A producer that holds this much refuses more with `log_saturated`. */
  readonly maxInFlightBytes?: number
  /** Opens segment files for writing; a test may give one that fails. */
  readonly openFile?: OpenFile
}

const RETENTION_EVERY_MS = 60_000
const READ_BYTES = 1 << 20

/**
 * Opens an event log in a directory, for one process at a time. What was acknowledged survives kill -9 of the process;
 * a loss of power may take what the operating system had not written yet.
 * @throws LockError `directory_in_use` while another process has it open, corrupt_segment where a file was damaged
 */
export async function createEmbeddedEventLog(options: EmbeddedEventLogOptions): Promise<EventLog> {
  const { directory, clock, logger, segmentBytes = 64 << 20, maxInFlightBytes = 64 << 20, openFile } = options
  const unlock = await lockDirectory(directory, logger)
  let topics: EmbeddedTopics
  let offsets: OffsetStore
  try {
    offsets = await OffsetStore.open(join(directory, 'groups'))
    topics = await EmbeddedTopics.open({
      directory: join(directory, 'topics'),
      segmentBytes,
      clock,
      logger,
      ...(openFile ? { openFile } : {}),
    })
  } catch (error) {
    await unlock()
    throw error
  }
  const groups = new Map<string, Group>()
  const producers = new Set<LogProducer>()
  const consumers = new Set<LogConsumer>()
  const stopped = new AbortController()
  let closing: Promise<void> | undefined
  const checkOpen = (): void => {
    if (closing) throw logError('log_closed')
  }

  const retention = (async () => {
    while (!stopped.signal.aborted) {
      await topics
        .applyRetention()
        .catch((error: unknown) => logger.warn({ err: error, directory }, 'log_retention_failed'))
      await clock.sleep(RETENTION_EVERY_MS, stopped.signal).catch(() => {})
    }
  })()

  return {
    async ensureTopics(specs) {
      checkOpen()
      const reports = []
      for (const spec of specs) reports.push(await topics.ensure(spec))
      for (const group of groups.values()) group.rebalance()
      return reports
    },
    async producer() {
      checkOpen()
      const producer = createEmbeddedProducer({ topics, clock, maxInFlightBytes })
      producers.add(producer)
      return producer
    },
    async consumer(consumerOptions) {
      checkOpen()
      const { group: name } = consumerOptions
      const group = groups.get(name) ?? new Group(name, topics, offsets)
      groups.set(name, group)
      const onClosed = (): void => void consumers.delete(consumer)
      const consumer = createEmbeddedConsumer(consumerOptions, { topics, group, clock, logger, onClosed })
      consumers.add(consumer)
      return consumer
    },
    async range(topic) {
      checkOpen()
      return topics.get(topic).partitions.map(({ earliest, end }, partition) => ({ partition, earliest, end }))
    },
    async *read(topic, partition, from, to) {
      checkOpen()
      const log = topics.partition(topic, partition)
      for (let next = from; next < to; ) {
        const records = await log.read(next, to, READ_BYTES)
        if (records.length === 0) return
        next = records.at(-1)!.offset + 1
        yield records
      }
    },
    async committed(group, topic) {
      checkOpen()
      return offsets.ofTopic(group, topic)
    },
    async ping() {
      checkOpen()
      await access(directory, constants.W_OK).catch((error: Error) => {
        throw logError('log_unavailable', { where: directory, reason: error.message }, error)
      })
    },
    close() {
      closing ??= (async () => {
        for (const consumer of consumers) await consumer.close()
        for (const producer of producers) await producer.close()
        stopped.abort()
        await retention
        await topics.close()
        await offsets.close()
        await unlock()
      })()
      return closing
    },
  }
}

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@millrace/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEmbeddedEventLog, type LogProducer } from '../src/index.ts'
import type { ConnectedProducer } from '../src/kafka/client-library.ts'
import type { KafkaAdmin } from '../src/kafka/kafka-admin.ts'
import { settingsOf } from '../src/kafka/kafka-options.ts'
import { createKafkaProducer } from '../src/kafka/kafka-producer.ts'
import { TopicDirectory } from '../src/kafka/topic-directory.ts'
import { silentLogger, text, topicSpec } from './log-driver.ts'

const DEADLINE_MS = 3_000
const never = <T>(): Promise<T> => new Promise(() => {})

/** Appends two records, and expects one `append_timeout` for each exactly when the deadline passes. */
async function expectAnswerByDeadline(clock: ManualClock, producer: LogProducer): Promise<void> {
  const records = ['a', 'b'].map(value => ({ key: text(value), value: text(value), timestampMs: clock.now() }))
  let isAnswered = false
  const answer = producer.append('t', records, { deadlineMs: DEADLINE_MS }).finally(() => {
    isAnswered = true
  })
  await clock.advance(DEADLINE_MS - 1)
  expect(isAnswered).toBe(false)
  await clock.advance(1)
  await new Promise(resolve => setImmediate(resolve))
  expect(isAnswered).toBe(true)
  const timeout = { ok: false, error: { code: 'append_timeout', details: { topic: 't' } } }
  expect(await answer).toMatchObject([timeout, timeout])
}

describe('append answers by its deadline', () => {
  const answers = async () => 1
  it.each<[string, { load?: () => Promise<number>; connect?: () => Promise<ConnectedProducer> }]>([
    ['the cluster never says what it knows of the topic', { load: never }],
    ['no producer ever connects', { connect: never }],
    ['no broker ever answers a send', { connect: async () => ({ send: never, disconnect: async () => {} }) }],
  ])('over Kafka when %s', async (_, { load = answers, connect = never }) => {
    const clock = new ManualClock()
    const settings = settingsOf({ brokers: [], clientId: 'c', clock, logger: silentLogger })
    const admin = { partitionCount: load, maxMessageBytes: async () => 1 << 20 } as unknown as KafkaAdmin
    const topics = new TopicDirectory(admin, clock)
    await expectAnswerByDeadline(clock, createKafkaProducer({ clientId: 'c', settings, topics, connect }))
  })

  it('in the embedded log when the disk never answers', async () => {
    const clock = new ManualClock()
    const directory = await mkdtemp(join(tmpdir(), 'event-log-deadline-'))
    let release = (): void => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const log = await createEmbeddedEventLog({
      directory,
      clock,
      logger: silentLogger,
      openFile: async (path, flags) => {
        const handle = await open(path, flags)
        return {
          close: () => handle.close(),
          truncate: size => handle.truncate(size),
          write: (async (...call: Parameters<typeof handle.write>) => {
            await held
            return handle.write(...call)
          }) as typeof handle.write,
        }
      },
    })
    onTestFinished(async () => {
      release()
      await log.close()
      await rm(directory, { recursive: true })
    })
    await log.ensureTopics([topicSpec('t', { partitions: 2 })])
    await expectAnswerByDeadline(clock, await log.producer({ clientId: 'test' }))
  })
})

import { randomUUID } from 'node:crypto'
import { systemClock } from '@millrace/runtime'
import kafkajs from 'kafkajs'
import { createKafkaEventLog, type EventLog, type KafkaEventLogOptions, type LogProducer } from '../src/index.ts'
import { registerZstd } from '../src/kafka/kafkajs/zstd-codec.ts'
import { silentLogger, text, topicSpec } from './log-driver.ts'

// The count is by plain kafkajs, which does not know zstd unless it is told; an adapter by another client does not tell it.
registerZstd()

const PADDING = 'x'.repeat(280)

export interface DrillCount {
  readonly acknowledged: number
  readonly stored: number
  /** Acknowledged ids that no reader finds: must be none. */
  readonly lost: readonly string[]
  /** Records stored more than once. */
  readonly duplicates: number
  /** Answers that were not an acknowledgement. */
  readonly refused: ReadonlyMap<string, number>
}

/** A topic under load: writers that note what was acknowledged, and an independent count of what is stored. */
export class Drill {
  readonly topic = `drill-${randomUUID().slice(0, 8)}`
  readonly log: EventLog
  readonly acknowledged = new Set<string>()
  readonly refused = new Map<string, number>()
  readonly #brokers: readonly string[]
  #producer: LogProducer | undefined
  #isWriting = false
  #writers: Promise<void>[] = []
  #sent = 0

  constructor(brokers: readonly string[], options: Partial<KafkaEventLogOptions> = {}) {
    this.#brokers = brokers
    this.log = createKafkaEventLog({
      brokers,
      clientId: 'drill',
      clock: systemClock,
      logger: silentLogger,
      requestTimeoutMs: 3_000,
      ...options,
    })
  }

  async open(partitions = 6): Promise<void> {
    // The drill's own client is hasty, so that it notices soon what is broken later.
    const patient = createKafkaEventLog({
      brokers: this.#brokers,
      clientId: 'drill',
      clock: systemClock,
      logger: silentLogger,
      requestTimeoutMs: 60_000,
    })
    await patient.ensureTopics([topicSpec(this.topic, { partitions })])
    await patient.close()
    this.#producer = await this.log.producer({ clientId: 'drill' })
  }

  /** Sends records with new ids and notes the answers. */
  async send(count: number, deadlineMs: number, key?: string): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => String(this.#sent++).padStart(8, '0'))
    const records = ids.map(id => ({
      key: text(key ?? id),
      value: text(`${id} ${PADDING}`),
      timestampMs: systemClock.now(),
    }))
    const results = await this.#producer!.append(this.topic, records, { deadlineMs })
    return ids.map((id, i) => {
      const result = results[i]!
      if (result.ok) {
        this.acknowledged.add(id)
        return 'ok'
      }
      const { code, message } = result.error
      const what = code === 'append_timeout' ? code : `${code}: ${message}`
      this.refused.set(what, (this.refused.get(what) ?? 0) + 1)
      return code
    })
  }

  /** Writers that send without a pause until `stopWriting`. */
  startWriting({ writers, batch, deadlineMs }: { writers: number; batch: number; deadlineMs: number }): void {
    this.#isWriting = true
    this.#writers = Array.from({ length: writers }, async () => {
      while (this.#isWriting) {
        await this.send(batch, deadlineMs)
        await systemClock.sleep(2)
      }
    })
  }

  async stopWriting(): Promise<void> {
    this.#isWriting = false
    await Promise.all(this.#writers)
  }

  /** Waits until `count` more records were acknowledged than now. */
  async progress(count: number, timeoutMs: number): Promise<void> {
    const wanted = this.acknowledged.size + count
    const untilMs = systemClock.now() + timeoutMs
    while (this.acknowledged.size < wanted) {
      if (systemClock.now() > untilMs)
        throw new Error(
          `waited ${timeoutMs} ms for ${wanted} acknowledgements, got ${this.acknowledged.size}; refused: ${JSON.stringify([...this.refused])}`,
        )
      await systemClock.sleep(20)
    }
  }

  /** Reads everything back with a plain kafkajs consumer, which has nothing in common with what wrote it. */
  async count(): Promise<DrillCount> {
    const kafka = new kafkajs.Kafka({
      brokers: [...this.#brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 10 },
    })
    const admin = kafka.admin()
    await admin.connect()
    const ends = new Map(
      (await admin.fetchTopicOffsets(this.topic)).map(({ partition, high }) => [partition, Number(high)]),
    )
    await admin.disconnect()
    const missing = new Map([...ends].filter(([, end]) => end > 0))
    const stored: string[] = []
    const consumer = kafka.consumer({ groupId: `count-${this.topic}-${randomUUID()}`, maxWaitTimeInMs: 250 })
    await consumer.connect()
    await consumer.subscribe({ topic: this.topic, fromBeginning: true })
    const all = Promise.withResolvers<void>()
    if (missing.size === 0) all.resolve()
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) stored.push(value!.toString('latin1', 0, 8))
        if (Number(batch.lastOffset()) + 1 >= (missing.get(batch.partition) ?? 0)) missing.delete(batch.partition)
        if (missing.size === 0) all.resolve()
      },
    })
    const timeout = systemClock.sleep(60_000).then(() => {
      throw new Error(`read ${stored.length} records in a minute; partitions not at their end: ${[...missing.keys()]}`)
    })
    await Promise.race([all.promise, timeout])
    timeout.catch(() => {})
    await consumer.disconnect()
    const distinct = new Set(stored)
    return {
      acknowledged: this.acknowledged.size,
      stored: stored.length,
      lost: [...this.acknowledged].filter(id => !distinct.has(id)),
      duplicates: stored.length - distinct.size,
      refused: this.refused,
    }
  }

  /** Deletes the topic and makes it again with fewer partitions, behind the back of the producer. */
  async shrink(partitions: number): Promise<void> {
    const admin = new kafkajs.Kafka({ brokers: [...this.#brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [this.topic] })
    const untilMs = systemClock.now() + 20_000
    while ((await admin.listTopics()).includes(this.topic)) {
      if (systemClock.now() > untilMs) throw new Error(`${this.topic} is still there 20 s after it was deleted`)
      await systemClock.sleep(100)
    }
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic: this.topic, numPartitions: partitions }] })
    await admin.disconnect()
  }

  async close(): Promise<void> {
    await this.log.close()
  }
}

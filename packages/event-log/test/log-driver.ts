import { createLogger, systemClock } from '@millrace/runtime'
import type { Assignment, ConsumerEvent, LogConsumer, LogRecord, TopicSpec } from '../src/index.ts'

export const silentLogger = createLogger('event-log-test', { level: 'silent' })

export const text = (value: string): Buffer => Buffer.from(value)

export const topicSpec = (name: string, more: Partial<TopicSpec> & { partitions: number }): TopicSpec => ({
  name,
  retentionMs: 3_600_000,
  cleanup: 'delete',
  maxMessageBytes: 1 << 20,
  ...more,
})

export async function collect(batches: AsyncIterable<readonly LogRecord[]>): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const batch of batches) records.push(...batch)
  return records
}

/** A consumer with a memory: what it owns now, and what it was given and has not shown yet. */
export class Member {
  readonly consumer: LogConsumer
  readonly owned = new Map<string, Assignment>()
  revocations = 0
  readonly #timeoutMs: number
  readonly #records: LogRecord[] = []

  constructor(consumer: LogConsumer, timeoutMs: number) {
    this.consumer = consumer
    this.#timeoutMs = timeoutMs
  }

  /** Takes one event. */
  async step(maxWaitMs: number): Promise<ConsumerEvent | null> {
    const event = await this.consumer.poll(maxWaitMs)
    if (event?.type === 'records') this.#records.push(...event.records)
    else if (event?.type === 'assigned')
      for (const assignment of event.assignments)
        this.owned.set(`${assignment.topic}/${assignment.partition}`, assignment)
    else if (event?.type === 'revoked') {
      this.revocations++
      for (const { topic, partition } of event.assignments) this.owned.delete(`${topic}/${partition}`)
    }
    return event
  }

  /** What it owns as soon as that are `count` partitions. */
  async assigned(count: number): Promise<readonly Assignment[]> {
    await this.#until(() => this.owned.size >= count, `${count} assignments, got ${this.owned.size}`)
    return [...this.owned.values()].sort((a, b) => a.partition - b.partition)
  }

  /** The values of the next `count` records. */
  async values(count: number): Promise<readonly string[]> {
    await this.#until(() => this.#records.length >= count, `${count} records`)
    return this.#records.splice(0).map(record => record.value.toString())
  }

  async #until(is: () => boolean, expected: string): Promise<void> {
    const untilMs = systemClock.now() + this.#timeoutMs
    while (!is()) {
      if (systemClock.now() > untilMs) throw new Error(`waited ${this.#timeoutMs} ms for ${expected}`)
      await this.step(200)
    }
  }

  close(): Promise<void> {
    return this.consumer.close()
  }
}

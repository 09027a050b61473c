import type { AppendResult, EventLog, LogProducer, OutgoingRecord } from '@millrace/event-log'
import { logError } from '@millrace/event-log'

export interface StoredRecord extends OutgoingRecord {
  readonly topic: string
}

type Append = (
  topic: string,
  records: readonly OutgoingRecord[],
  deadlineMs: number,
) => Promise<readonly AppendResult[]>

/** An event log in memory whose producer can be made to fail; only what the gateway uses is there. */
export class FakeLog implements EventLog {
  readonly stored: StoredRecord[] = []
  readonly appends: { readonly topic: string; readonly records: number; readonly deadlineMs: number }[] = []
  /** Replaces the ordinary way of storing. */
  onAppend: Append | undefined
  pingFails: Error | undefined
  producerFails: Error | undefined
  readonly absentTopics = new Set<string>()
  /** Topics of which a partition has no leader. */
  readonly leaderlessTopics = new Set<string>()
  /** Topics that a new producer does not know yet. */
  readonly unknownToProducer = new Set<string>()
  madeProducers = 0
  closedProducers = 0

  /** Stores every record. */
  readonly store: Append = async (topic, records) =>
    records.map(record => {
      this.stored.push({ topic, ...record })
      return { ok: true, partition: record.key.length % 6, offset: this.stored.length - 1 }
    })

  of(topic: string): StoredRecord[] {
    return this.stored.filter(record => record.topic === topic)
  }

  json(topic: string): Record<string, unknown>[] {
    return this.of(topic).map(({ value }) => JSON.parse(value.toString()) as Record<string, unknown>)
  }

  async producer(): Promise<LogProducer> {
    if (this.producerFails) throw this.producerFails
    const log = this
    this.madeProducers++
    return {
      partitionFor(topic, key) {
        if (log.unknownToProducer.has(topic)) throw logError('unknown_topic', { topic })
        return key.length % 6
      },
      append(topic, records, { deadlineMs }) {
        log.appends.push({ topic, records: records.length, deadlineMs })
        return (log.onAppend ?? log.store)(topic, records, deadlineMs)
      },
      inFlightBytes: 0,
      close: async () => {
        log.closedProducers++
      },
    }
  }

  async ping(): Promise<void> {
    if (this.pingFails) throw this.pingFails
  }

  async range(topic: string): Promise<[]> {
    if (this.absentTopics.has(topic)) throw logError('unknown_topic', { topic })
    if (this.leaderlessTopics.has(topic))
      throw logError('log_unavailable', { where: 'kafka:9092', reason: 'no leader' })
    return []
  }

  consumer = unused
  read = unused
  committed = unused
  ensureTopics = unused
  async close(): Promise<void> {}
}

function unused(): never {
  throw new Error('the gateway does not use this')
}

/** Answers every record with this error of the log. */
export const failAll =
  (code: Parameters<typeof logError>[0], details: Readonly<Record<string, unknown>> = {}): Append =>
  async (_topic, records) =>
    records.map(() => ({ ok: false, error: logError(code, details) }))

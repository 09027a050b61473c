import type { CodedError } from '@millrace/runtime'
import { AppendCall } from '../append-call.ts'
import { Deadlines } from '../deadlines.ts'
import { logError } from '../errors.ts'
import type { LogProducer, OutgoingRecord } from '../event-log.ts'
import { partitionOfKey } from '../murmur2.ts'
import { recordBytes } from '../record-size.ts'
import type { ConnectedProducer } from './client-library.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { Linger } from './linger.ts'
import { PartitionQueue } from './partition-queue.ts'
import { ReplaceableProducer } from './shared-producer.ts'
import type { TopicDirectory, TopicFacts } from './topic-directory.ts'

/** A producer that loses no acknowledged record; see PartitionQueue for how. */
export function createKafkaProducer(options: {
  readonly clientId: string
  readonly settings: KafkaSettings
  readonly topics: TopicDirectory
  readonly connect: (clientId: string) => Promise<ConnectedProducer>
}): LogProducer {
  const { clientId, settings, topics, connect } = options
  const { maxInFlightBytes } = settings
  const producers = new ReplaceableProducer(settings, clientId, connect)
  const linger = new Linger(settings.clock, settings.lingerMs)
  const deadlines = new Deadlines(settings.clock)
  const queues = new Map<string, PartitionQueue[]>()
  let inFlightBytes = 0
  let isClosed = false
  /** Calls that wait for what is known of their topic; later ones queue up behind them. */
  const loading = new Map<string, Promise<void>>()
  let isSweepDue = false
  const onAnswered = (bytes: number): void => {
    inFlightBytes -= bytes
  }
  /** Many deadlines pass together: one sweep serves them all. */
  const onExpired = (): void => {
    if (isSweepDue) return
    isSweepDue = true
    queueMicrotask(() => {
      isSweepDue = false
      for (const ofTopic of queues.values()) for (const queue of ofTopic) queue?.dropExpired()
    })
  }

  function queueOf(topic: string, partition: number, { maxMessageBytes }: TopicFacts): PartitionQueue {
    let ofTopic = queues.get(topic)
    if (!ofTopic) {
      ofTopic = []
      queues.set(topic, ofTopic)
    }
    ofTopic[partition] ??= new PartitionQueue({
      topic,
      partition,
      producers,
      linger,
      settings,
      maxMessageBytes,
      onAnswered,
    })
    return ofTopic[partition]
  }

  function enqueue(
    call: AppendCall,
    facts: TopicFacts,
    {
      topic,
      records,
      bytes,
      deadlineMs,
    }: { topic: string; records: readonly OutgoingRecord[]; bytes: number; deadlineMs: number },
  ): void {
    if (call.isSettled) {
      onAnswered(bytes)
      return
    }
    const shares = call.share(records, {
      maxMessageBytes: facts.maxMessageBytes,
      partitionOf: record => partitionOfKey(record.key, facts.partitions),
    })
    onAnswered(bytes - call.bytes)
    for (const [partition, share] of shares) {
      const refusal = queueOf(topic, partition, facts).push(share, deadlineMs)
      if (!refusal) continue
      onAnswered(share.bytes)
      call.fail(share, refusal)
    }
  }

  return {
    partitionFor: (topic, key) => partitionOfKey(key, topics.known(topic).partitions),
    get inFlightBytes() {
      return inFlightBytes
    },
    append(topic, records, { deadlineMs }) {
      const call = new AppendCall(topic, records.length, onExpired)
      let bytes = 0
      for (const record of records) bytes += recordBytes(record)
      if (isClosed) call.failAll(logError('log_closed'))
      else if (inFlightBytes > 0 && inFlightBytes + bytes > maxInFlightBytes)
        call.failAll(logError('log_saturated', { bytes: inFlightBytes, limit: maxInFlightBytes }))
      else {
        inFlightBytes += bytes
        const before = loading.get(topic)
        const facts = before ? undefined : topics.peek(topic)
        if (facts) enqueue(call, facts, { topic, records, bytes, deadlineMs })
        else {
          const loaded = (before ?? Promise.resolve())
            .then(() => topics.peek(topic) ?? topics.load(topic))
            .then(
              found => enqueue(call, found, { topic, records, bytes, deadlineMs }),
              error => {
                onAnswered(bytes)
                call.failAll(error as CodedError)
              },
            )
            .finally(() => {
              if (loading.get(topic) === loaded) loading.delete(topic)
            })
          loading.set(topic, loaded)
        }
      }
      return call.answer(deadlines, deadlineMs)
    },
    async close() {
      isClosed = true
      await Promise.all(loading.values())
      await Promise.all([...queues.values()].flat().map(queue => queue?.idle()))
      deadlines.close()
      await producers.close()
    },
  }
}

import type { Clock, CodedError } from '@millrace/runtime'
import { AppendCall } from '../append-call.ts'
import { Deadlines } from '../deadlines.ts'
import { logError } from '../errors.ts'
import type { LogProducer } from '../event-log.ts'
import { partitionOfKey } from '../murmur2.ts'
import type { EmbeddedTopics } from './embedded-topics.ts'

export function createEmbeddedProducer(options: {
  readonly topics: EmbeddedTopics
  readonly clock: Clock
  readonly maxInFlightBytes: number
}): LogProducer {
  const { topics, clock, maxInFlightBytes } = options
  const deadlines = new Deadlines(clock)
  const open = new Set<Promise<unknown>>()
  let inFlightBytes = 0
  let isClosed = false

  return {
    partitionFor: (topic, key) => partitionOfKey(key, topics.get(topic).partitions.length),
    get inFlightBytes() {
      return inFlightBytes
    },
    append(topicName, records, { deadlineMs }) {
      const call = new AppendCall(topicName, records.length)
      const answer = () => call.answer(deadlines, deadlineMs)
      try {
        if (isClosed) throw logError('log_closed')
        const { spec, partitions } = topics.get(topicName)
        const shares = call.share(records, {
          maxMessageBytes: spec.maxMessageBytes,
          partitionOf: record => partitionOfKey(record.key, partitions.length),
        })
        if (inFlightBytes > 0 && inFlightBytes + call.bytes > maxInFlightBytes)
          throw logError('log_saturated', { bytes: inFlightBytes, limit: maxInFlightBytes })
        for (const [partition, share] of shares) {
          inFlightBytes += share.bytes
          const write = partitions[partition]!.append(share.records)
            .finally(() => {
              inFlightBytes -= share.bytes
              open.delete(write)
            })
            .then(
              firstOffset => call.succeed(share, { from: 0, to: share.records.length, partition, firstOffset }),
              error => call.fail(share, error as CodedError),
            )
          open.add(write)
        }
      } catch (error) {
        call.failAll(error as CodedError)
      }
      return answer()
    },
    async close() {
      isClosed = true
      await Promise.all(open)
      deadlines.close()
    },
  }
}

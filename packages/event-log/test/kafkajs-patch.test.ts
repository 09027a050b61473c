import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

const load = createRequire(import.meta.url)

/* The corrections of kafkajs in patches/. */

/* See https://github.com/tulios/kafkajs/pull/1768: without it an idle connection wakes up every millisecond, for ever, with a negative
timeout that Node warns about. */
const RequestQueue = load('kafkajs/src/network/requestQueue')

describe('an idle kafkajs connection', () => {
  it('schedules nothing while nothing waits, and a check when something does', () => {
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1000,
      clientId: 'test',
      broker: 'test',
      logger: { debug: () => {} },
    })
    queue.scheduleCheckPendingRequests()
    expect(queue.throttleCheckTimeoutId).toBeNull()
    queue.pending.push({})
    queue.scheduleCheckPendingRequests()
    expect(queue.throttleCheckTimeoutId).not.toBeNull()
    clearTimeout(queue.throttleCheckTimeoutId)
  })
})

/* Without it a batch of 1,000 records costs 500,000 copied elements before its first byte is encoded. */
const groupMessagesPerPartition = load('kafkajs/src/producer/groupMessagesPerPartition')

describe('a kafkajs batch', () => {
  it('is grouped by partition in order, without copying an array for each message', () => {
    const messages = Array.from({ length: 1_000 }, (_, i) => ({ partition: i % 3, value: i }))
    // Spreading an array asks it for its iterator.
    const iterator = Object.getOwnPropertyDescriptor(Array.prototype, Symbol.iterator)!
    let copies = 0
    let grouped: unknown
    try {
      Object.defineProperty(Array.prototype, Symbol.iterator, {
        ...iterator,
        value(this: unknown) {
          copies++
          return iterator.value.call(this)
        },
      })
      grouped = groupMessagesPerPartition({
        topic: 't',
        partitionMetadata: [{}],
        messages,
        partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      })
    } finally {
      Object.defineProperty(Array.prototype, Symbol.iterator, iterator)
    }
    expect(copies).toBeLessThan(10)
    expect(grouped).toEqual(Object.groupBy(messages, ({ partition }) => partition))
    expect(groupMessagesPerPartition({ topic: 't', partitionMetadata: [], messages })).toEqual({})
  })
})

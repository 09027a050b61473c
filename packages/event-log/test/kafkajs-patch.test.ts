import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

/* The correction of kafkajs in patches/, see https://github.com/tulios/kafkajs/pull/1768: without it an idle connection wakes up every
millisecond, for ever, with a negative timeout that Node warns about. */
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')

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

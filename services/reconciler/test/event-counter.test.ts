import type { EventLog, LogRecord } from '@millrace/event-log'
import { expect, it } from 'vitest'
import { EventCounter } from '../src/event-counter.ts'
import { topics } from './shop.ts'
import { uuid } from './traffic-world.ts'

const never = new AbortController().signal

/** A log of one partition that has an event for each of these numbers. */
function logOf(numbers: readonly number[]): EventLog {
  const record = (offset: number): LogRecord => ({
    ...{ topic: topics.raw.name, partition: 0, offset, timestampMs: 0, key: Buffer.alloc(0) },
    value: Buffer.from(JSON.stringify({ eventId: uuid(numbers[offset]!) })),
  })
  const log: Partial<EventLog> = {
    async *read(_topic, _partition, from, end) {
      for (let offset = from; offset < end; offset += 1_000)
        yield Array.from({ length: Math.min(1_000, end - offset) }, (_, index) => record(offset + index))
    },
  }
  return log as EventLog
}

it('counts a retry once among the 50,000 events before it, also where the remembered ids were just exchanged', async () => {
  const numbers = [...Array.from({ length: 50_001 }, (_, n) => n), 50_000, 1_000, 50_001, 50_001]
  const counter = new EventCounter(logOf(numbers), topics.raw, { from: new Map(), counts: () => true })
  expect(await counter.advance(new Map([[0, numbers.length]]), never)).toBe(numbers.length)
  expect(counter.events).toBe(50_002)
})

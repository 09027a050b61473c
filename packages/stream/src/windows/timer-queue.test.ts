import { array, assert, integer, nat, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Timed, TimerQueue } from './timer-queue.ts'

describe('the timer queue', () => {
  it('gives the earliest entry first, wherever entries are moved', () => {
    const step = record({ entry: integer({ min: 0, max: 20 }), dueMs: option(nat(30)) })
    assert(
      property(array(step, { maxLength: 200 }), steps => {
        const queue = new TimerQueue<Timed>()
        const entries = Array.from({ length: 21 }, (_, order): Timed => ({ dueMs: 0, order, place: -1 }))
        const plain = new Map<Timed, number>()
        const first = () => [...plain].sort(([a, x], [b, y]) => x - y || a.order - b.order)[0]?.[0]
        for (const { entry, dueMs } of steps) {
          if (dueMs === null) {
            const gone = first()
            if (gone) plain.delete(gone)
            queue.removeFirst()
          } else {
            plain.set(entries[entry]!, dueMs)
            queue.schedule(entries[entry]!, dueMs)
          }
          expect(queue.first).toBe(first())
        }
      }),
    )
  })
})

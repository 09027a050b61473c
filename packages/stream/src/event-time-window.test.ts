import { array, assert, constantFrom, integer, nat, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventTimeWindow } from './event-time-window.ts'

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const contents = (window: EventTimeWindow<{ timeMs: number; eventId: string }>) =>
  Array.from({ length: window.length }, (_, index) => window.at(index))

describe('EventTimeWindow', () => {
  it('keeps event-time order, with equal times in the order of arrival', () => {
    const window = new EventTimeWindow()
    const indices = [10, 30, 20, 20, 5].map((timeMs, n) => window.insert({ timeMs, eventId: idOf(n) }))
    expect(indices).toEqual([0, 1, 1, 2, 0])
    expect(contents(window).map(entry => entry?.eventId)).toEqual([4, 0, 2, 3, 1].map(idOf))
    expect(window.newestMs).toBe(30)
  })

  it('answers outside of its bounds with undefined, also where entries were dropped', () => {
    const window = new EventTimeWindow()
    expect([window.length, window.newestMs, window.at(0), window.has(idOf(1))]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      undefined,
      false,
    ])
    window.insert({ timeMs: 1, eventId: idOf(1) })
    window.insert({ timeMs: 2, eventId: idOf(2) })
    expect(window.dropBefore(2)).toBe(1)
    expect(window.at(-1)).toBeUndefined()
    expect(window.at(1)).toBeUndefined()
    expect(window.has(idOf(1))).toBe(false)
  })

  it('tells ids apart that share their end', () => {
    const window = new EventTimeWindow()
    window.insert({ timeMs: 1, eventId: 'a-12345678' })
    expect(window.has('b-12345678')).toBe(false)
    expect(window.has('a-12345678')).toBe(true)
  })

  it('agrees with a sorted list through any sequence of inserts and drops', () => {
    const step = oneof(
      { weight: 5, arbitrary: record({ op: constantFrom('insert' as const), value: nat(400) }) },
      { weight: 1, arbitrary: record({ op: constantFrom('drop' as const), value: integer({ min: -10, max: 420 }) }) },
    )
    assert(
      property(array(step, { maxLength: 300 }), steps => {
        const window = new EventTimeWindow()
        let model: { timeMs: number; eventId: string }[] = []
        steps.forEach(({ op, value }, n) => {
          if (op === 'insert') {
            const entry = { timeMs: value, eventId: idOf(n) }
            const place = model.filter(other => other.timeMs <= value).length
            model.splice(place, 0, entry)
            expect(window.insert(entry)).toBe(place)
          } else {
            const kept = model.filter(entry => entry.timeMs >= value)
            expect(window.dropBefore(value)).toBe(model.length - kept.length)
            model = kept
          }
        })
        expect(contents(window)).toEqual(model)
        expect(steps.map((_, n) => window.has(idOf(n)))).toEqual(
          steps.map((_, n) => model.some(entry => entry.eventId === idOf(n))),
        )
      }),
    )
  })
})

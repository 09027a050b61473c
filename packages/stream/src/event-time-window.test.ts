import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventTimeWindow } from './event-time-window.ts'

const contents = <Entry extends { timeMs: number }>(window: EventTimeWindow<Entry>) =>
  Array.from({ length: window.length }, (_, index) => window.at(index))

describe('EventTimeWindow', () => {
  it('keeps event-time order, with equal times in the order of arrival', () => {
    const window = new EventTimeWindow<{ timeMs: number; name: string }>({ keepMs: 100 })
    const indices = [10, 30, 20, 20, 5].map((timeMs, n) => window.insert({ timeMs, name: `${n}` }, n))
    expect(indices).toEqual([0, 1, 1, 2, 0])
    expect(contents(window).map(entry => entry?.name)).toEqual(['4', '0', '2', '3', '1'])
    expect(window.newestMs).toBe(30)
  })

  it('forgets what is older than the newest by more than it keeps, a newcomer too', () => {
    const window = new EventTimeWindow({ keepMs: 10 })
    expect([100, 105, 110, 115].map((timeMs, n) => window.insert({ timeMs }, n))).toEqual([0, 1, 2, 2])
    expect(window.insert({ timeMs: 104 }, 4)).toBe(-1)
    expect(contents(window)).toEqual([{ timeMs: 105 }, { timeMs: 110 }, { timeMs: 115 }])
  })

  it('answers outside of its bounds with undefined, also where entries were forgotten', () => {
    const window = new EventTimeWindow({ keepMs: 0 })
    expect([window.length, window.newestMs, window.at(0), window.dependsFrom]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      undefined,
      Number.POSITIVE_INFINITY,
    ])
    window.insert({ timeMs: 1 }, 0)
    window.insert({ timeMs: 2 }, 1)
    expect([window.at(-1), window.at(0), window.at(1)]).toEqual([undefined, { timeMs: 2 }, undefined])
  })

  it('agrees with a sorted list through any sequence of events', () => {
    assert(
      property(array(integer({ min: 0, max: 400 }), { maxLength: 300 }), times => {
        const window = new EventTimeWindow<{ timeMs: number; n: number }>({ keepMs: 50 })
        let model: { timeMs: number; n: number }[] = []
        times.forEach((timeMs, n) => {
          const place = model.filter(other => other.timeMs <= timeMs).length
          model.splice(place, 0, { timeMs, n })
          const keptFromMs = model.at(-1)!.timeMs - 50
          model = model.filter(entry => entry.timeMs >= keptFromMs)
          expect(window.insert({ timeMs, n }, n)).toBe(model.findIndex(entry => entry.n === n))
        })
        expect(contents(window)).toEqual(model)
      }),
    )
  })

  it('is the same again when only the records from dependsFrom on are replayed, and that moves on', () => {
    // Each event is at most 20 behind the newest and goes on by at most 10.
    const steps = array(integer({ min: -20, max: 10 }), { minLength: 1, maxLength: 300 })
    assert(
      property(steps, changes => {
        const options = { keepMs: 40, dependsMs: 60 }
        let newest = 0
        const times = changes.map(change => {
          const timeMs = newest + change
          newest = Math.max(newest, timeMs)
          return timeMs
        })
        const window = new EventTimeWindow(options)
        times.forEach((timeMs, offset) => void window.insert({ timeMs }, offset))
        const from = window.dependsFrom
        const replayed = new EventTimeWindow(options)
        times.slice(from).forEach((timeMs, n) => void replayed.insert({ timeMs }, from + n))
        expect(contents(replayed)).toEqual(contents(window))
        const newestBefore = Math.max(...times.slice(0, from))
        if (from > 0) expect(newest - newestBefore).toBeGreaterThan(60)
        const newestUpTo = Math.max(...times.slice(0, from + 1))
        expect(newest - newestUpTo).toBeLessThanOrEqual(2 * (60 + 10))
      }),
    )
  })
})

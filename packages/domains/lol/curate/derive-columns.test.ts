import { assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lolCurated } from '../contract.ts'
import { deriveMoveColumns, sumOfCoordinates } from './derive-columns.ts'
import { rawMove } from './raw-move.ts'

const action = (x: number, y: number, timeMs = 10_000) => ({
  event: rawMove({ x, y }),
  timeMs,
  roomStartMs: 0,
})

describe('deriveMoveColumns', () => {
  it('is null on the first move', () =>
    expect(deriveMoveColumns(action(1, 2), null)).toEqual({ displacement: null, elapsedMs: null, speed: null }))

  it('measures distance, time and speed', () =>
    expect(deriveMoveColumns(action(300, 400), { x: 0, y: 0, timeMs: 8000 })).toEqual({
      displacement: 500,
      elapsedMs: 2000,
      speed: 250,
    }))

  it('counts moves of the same millisecond as one millisecond apart for the speed', () =>
    expect(deriveMoveColumns(action(300, 400), { x: 0, y: 0, timeMs: 10_000 })).toEqual({
      displacement: 500,
      elapsedMs: 0,
      speed: 500_000,
    }))

  it('keeps to the contract for any coordinates', () => {
    const { displacement, elapsedMs, speed } = lolCurated.shape
    const coordinate = double({ noNaN: true, noDefaultInfinity: true })
    assert(
      property(coordinate, coordinate, coordinate, coordinate, integer({ min: 0, max: 10_000 }), (x, y, px, py, at) => {
        const columns = deriveMoveColumns(action(x, y), { x: px, y: py, timeMs: at })
        expect(displacement.parse(columns.displacement)).toBe(columns.displacement)
        expect(elapsedMs.parse(columns.elapsedMs)).toBe(10_000 - at)
        expect(speed.parse(columns.speed)).toBe(columns.speed)
        expect(Number.isFinite(sumOfCoordinates(x, y))).toBe(true)
      }),
    )
  })
})

describe('sumOfCoordinates', () => {
  it('adds', () => expect(sumOfCoordinates(277, -351)).toBe(-74))
  it('stays finite', () => expect(sumOfCoordinates(1e308, 1e308)).toBe(Number.MAX_VALUE))
})

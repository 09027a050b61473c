import { array, assert, boolean, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Move } from '../../steps/read-move.ts'
import { RatedMoves } from './rated-moves.ts'
import { createTimeAwareRule, timeAwareRuleArtefact } from './rule.ts'
import artefact from './time-aware-rule-1.json' with { type: 'json' }

const model = createTimeAwareRule(timeAwareRuleArtefact.parse(artefact))
const { windowMs, horizonMs, incidentGapMs } = model.history
const LATENESS_MS = 120_000

const moveOf = (n: number, timeMs: number, fields: Partial<Move> = {}): Move => ({
  eventId: `${n}`,
  account: 'a',
  roomID: 'room-1',
  timeMs,
  gameMs: null,
  x: 0,
  y: 0,
  inputkey: 'q',
  ...fields,
})

const step = record({
  aheadMs: oneof(
    { weight: 9, arbitrary: integer({ min: -LATENESS_MS, max: 60_000 }) },
    // Long enough that a part of the window before is forgotten.
    { weight: 1, arbitrary: integer({ min: 100_000, max: 600_000 }) },
  ),
  x: integer({ min: -3000, max: 3000 }),
  inputkey: constantFrom('q', 'alt'),
  isOtherRoom: boolean(),
})

const movesOf = (steps: readonly { aheadMs: number; x: number; inputkey: string; isOtherRoom: boolean }[]): Move[] => {
  let newestMs = 1_000_000
  return steps.map(({ aheadMs, x, inputkey, isOtherRoom }, n) => {
    const timeMs = newestMs + aheadMs
    newestMs = Math.max(newestMs, timeMs)
    return moveOf(n, timeMs, { x, inputkey, roomID: isOtherRoom && n % 7 < 2 ? 'room-2' : 'room-1' })
  })
}

describe('RatedMoves', () => {
  it('sums up the window of each move as a search through all moves before it does', () => {
    assert(
      property(array(step, { maxLength: 80 }), steps => {
        const track = new RatedMoves(model, LATENESS_MS)
        const seen: { move: Move; excess: number; rarity: number }[] = []
        for (const [offset, move] of movesOf(steps).entries()) {
          const { features } = track.add(move, offset)
          const before = seen
            .filter(other => other.move.timeMs <= move.timeMs)
            .sort((a, b) => a.move.timeMs - b.move.timeMs)
          const previous = before.at(-1)?.move
          const isNear = previous?.roomID === move.roomID && previous && move.timeMs - previous.timeMs <= horizonMs
          const wanted = isNear
            ? model.rate(Math.abs(move.x - previous.x), move.timeMs - previous.timeMs, move.inputkey)
            : model.rate(null, null, move.inputkey)
          expect(features.rating).toEqual(wanted)
          const otherRoom = before.findLastIndex(other => other.move.roomID !== move.roomID)
          const window = before.slice(otherRoom + 1).filter(other => move.timeMs - other.move.timeMs < windowMs)
          const own = { move, excess: wanted.excess, rarity: wanted.rarity }
          seen.push(own)
          expect(features).toMatchObject({
            recentMoves: window.length + 1,
            recentExcess: [...window, own].reduce((sum, { excess }) => sum + excess, 0),
            recentRarity: [...window, own].reduce((sum, { rarity }) => sum + rarity, 0),
          })
        }
      }),
    )
  })

  it('finds a crossing in the same match within the gap, on either side', () => {
    const track = new RatedMoves(model, incidentGapMs + 1)
    const times = [0, incidentGapMs, incidentGapMs + 1]
    const [first, at, beyond] = times.map((timeMs, n) => track.add(moveOf(n, timeMs), n))
    first!.rated.isCrossing = true
    expect(track.isInIncident(at!.index)).toBe(true)
    expect(track.isInIncident(beyond!.index)).toBe(false)
    const other = track.add(moveOf(3, 1000, { roomID: 'room-2' }), 3)
    expect(track.isInIncident(other.index)).toBe(false)
    const before = track.add(moveOf(4, -1), 4)
    expect(track.isInIncident(before.index)).toBe(true)
    expect(track.isInIncident(before.index + 1)).toBe(false)
  })
})

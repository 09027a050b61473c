import { array, assert, boolean, constantFrom, integer, property, record, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moveAt } from '../../test/raw-move.ts'
import { PlayerTrack } from './track-moves.ts'

const options = { allowedLatenessMs: 60_000, horizonMs: 120_000 }
const action = (n: number, seconds: number, fields: Parameters<typeof moveAt>[2] = {}) => {
  const event = moveAt(n, seconds, fields)
  return { event, timeMs: Date.parse(event.datetime), createRoomDateMs: undefined }
}

/** Adds actions in turn and says for each what it was told: the id number of its previous move, or the kind. */
const follow = (...actions: ReturnType<typeof action>[]) => {
  const track = new PlayerTrack(options)
  return actions.map(each => {
    const tracked = track.add(each)
    return tracked.kind === 'fresh' ? Number(tracked.previousMove?.eventId.slice(-12) ?? 0) : tracked.kind
  })
}

describe('PlayerTrack', () => {
  it('finds the move before, over waits and bought items', () =>
    expect(
      follow(
        action(1, 0),
        action(2, 9, { method: '/wait' }),
        action(3, 18, { method: '/getItem' }),
        action(4, 27),
        action(5, 36),
      ),
    ).toEqual([0, 0, 0, 1, 4]))

  it('finds the true move before one that came late', () =>
    expect(follow(action(1, 0), action(2, 30), action(3, 20), action(4, 10), action(5, 40))).toEqual([0, 1, 1, 1, 2]))

  it('knows an event again, also under another time', () =>
    expect(follow(action(1, 0), action(2, 9), action(1, 0), action(2, 8), action(3, 18))).toEqual([
      0,
      1,
      'duplicate',
      'duplicate',
      2,
    ]))

  it('takes what is exactly as late as allowed, and nothing later', () =>
    expect(follow(action(1, 100), action(2, 40), action(3, 39.999), action(4, 45))).toEqual([0, 0, 'late', 2]))

  it('begins anew in another room and after a pause beyond the horizon', () =>
    expect(
      follow(
        action(1, 0),
        action(2, 9, { roomID: 'room-2' }),
        action(3, 18, { roomID: 'room-2' }),
        action(4, 138, { roomID: 'room-2' }),
        action(5, 258.001, { roomID: 'room-2' }),
      ),
    ).toEqual([0, 0, 2, 3, 0]))

  it('keeps a straggler of the old room with the old room', () =>
    expect(follow(action(1, 0), action(2, 20, { roomID: 'room-2' }), action(3, 10))).toEqual([0, 0, 1]))

  it('is not thrown off by an event from 1970', () =>
    expect(follow(action(1, 0), action(2, 9, { datetime: '1970-01-01T00:00:00.000Z' }), action(3, 18))).toEqual([
      0,
      'late',
      1,
    ]))

  it('agrees with a search through everything that came before', () => {
    const step = record({
      second: integer({ min: 0, max: 600 }),
      method: constantFrom('/move' as const, '/move' as const, '/wait' as const),
      otherRoom: boolean(),
    })
    assert(
      property(
        array(step, { maxLength: 60 }),
        uniqueArray(integer({ min: 0, max: 59 }), { maxLength: 5 }),
        (steps, twice) => {
          const actions = steps
            .map(({ second, method, otherRoom }, n) =>
              action(n + 1, second, { method, roomID: otherRoom ? 'room-2' : 'room-1' }),
            )
            .flatMap((each, n) => (twice.includes(n) ? [each, each] : [each]))
          const accepted: typeof actions = []
          const wanted = actions.map(each => {
            if (accepted.some(other => other.event.eventId === each.event.eventId)) return 'duplicate'
            if (accepted.some(other => other.timeMs - options.allowedLatenessMs > each.timeMs)) return 'late'
            const before = accepted.filter(other => other.timeMs <= each.timeMs).sort((a, b) => a.timeMs - b.timeMs)
            accepted.push(each)
            if (each.event.method !== '/move') return 0
            const otherRoomFrom = before.findLastIndex(other => other.event.roomID !== each.event.roomID)
            const previous = before.slice(otherRoomFrom + 1).findLast(other => other.event.method === '/move')
            return previous && each.timeMs - previous.timeMs <= options.horizonMs
              ? Number(previous.event.eventId.slice(-12))
              : 0
          })
          expect(follow(...actions).filter(told => told !== 'duplicate' && told !== 'late')).toEqual(
            wanted.filter(told => told !== 'duplicate' && told !== 'late'),
          )
        },
      ),
    )
  })
})

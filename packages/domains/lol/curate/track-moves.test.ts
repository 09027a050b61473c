import { array, assert, boolean, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moveAt } from './raw-move.ts'
import { PlayerTrack } from './track-moves.ts'

const options = { allowedLatenessMs: 60_000, horizonMs: 120_000 }
type Fields = Parameters<typeof moveAt>[2]

/** Adds moves [second, fields?] in turn; says for each how many seconds before it the previous move was. */
const follow = (...moves: (readonly [second: number, fields?: Fields])[]) => {
  const track = new PlayerTrack(options)
  return moves.map(([second, fields], offset) => {
    const event = moveAt(offset, second, fields)
    const timeMs = Date.parse(event.datetime)
    const previous = track.add({ event, timeMs, roomStartMs: 0 }, offset)
    return previous && (timeMs - previous.timeMs) / 1000
  })
}

describe('PlayerTrack', () => {
  it('finds the move before', () => expect(follow([0], [9], [20])).toEqual([null, 9, 11]))

  it('passes over waits and bought items, and tells them nothing', () =>
    expect(follow([0], [9, { method: '/wait' }], [18, { method: '/getItem' }], [27], [36])).toEqual([
      null,
      null,
      null,
      27,
      9,
    ]))

  it('finds the true move before one that came out of order', () =>
    expect(follow([0], [30], [20], [10], [40])).toEqual([null, 30, 20, 10, 10]))

  it('takes the last of several moves at the same time', () => {
    const track = new PlayerTrack(options)
    const xs = [1, 2, 3].map(x => track.add({ event: moveAt(x, 5, { x }), timeMs: 5000, roomStartMs: 0 }, x)?.x)
    expect(xs).toEqual([undefined, 1, 2])
  })

  it('begins anew in another room and after a pause beyond the horizon', () => {
    const roomID = 'room-2'
    expect(follow([0], [9, { roomID }], [18, { roomID }], [138, { roomID }], [258.001, { roomID }])).toEqual([
      null,
      null,
      9,
      120,
      null,
    ])
  })

  it('keeps a straggler of the old room with the old room', () =>
    expect(follow([0], [20, { roomID: 'room-2' }], [10], [21, { roomID: 'room-2' }])).toEqual([null, null, 10, 1]))

  it('agrees with a search through everything that came before', () => {
    const step = record({ behindSeconds: integer({ min: -200, max: 60 }), isOtherRoom: boolean() })
    assert(
      property(array(step, { maxLength: 60 }), steps => {
        let newest = 0
        const moves = steps.map(({ behindSeconds, isOtherRoom }) => {
          const second = newest - behindSeconds
          newest = Math.max(newest, second)
          return [second, { roomID: isOtherRoom ? 'room-2' : 'room-1' }] as const
        })
        const wanted = moves.map(([second, { roomID }], n) => {
          const before = moves.slice(0, n).filter(([other]) => other <= second)
          const previous = before.sort((a, b) => a[0] - b[0]).at(-1)
          return previous && previous[1].roomID === roomID && second - previous[0] <= 120 ? second - previous[0] : null
        })
        expect(follow(...moves)).toEqual(wanted)
      }),
    )
  })
})

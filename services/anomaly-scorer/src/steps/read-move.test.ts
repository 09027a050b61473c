import type { LolRaw } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { moveAt } from '../../test/moves.ts'
import { readMove } from './read-move.ts'

const recordOf = (text: string) => ({
  topic: 'lol.raw',
  partition: 0,
  offset: 0,
  key: Buffer.from('testAccount_56'),
  value: Buffer.from(text),
  timestampMs: 0,
})
const { roomID: _, ...withoutRoom } = moveAt(3, 27.25)

describe('readMove', () => {
  it.each<[string, Partial<LolRaw>]>([
    ['a move', moveAt(1, 9, { x: -0.125, y: 400 })],
    ['a move without a room', withoutRoom],
    [
      'a move with the way to it',
      moveAt(4, 36, {
        path: [
          [437, -121, 30.5],
          [62, -2, 0],
        ],
      }),
    ],
    ['a wait', moveAt(2, 18, { method: '/wait' })],
  ])('reads %s alike, plainly written or not', (_name, event) => {
    const plain = readMove(recordOf(JSON.stringify(event)))
    expect(readMove(recordOf(JSON.stringify(event, null, 2)))).toEqual(plain)
    expect(readMove(recordOf(JSON.stringify({ ...event, mood: { x: 1 } })))).toEqual(plain)
    expect(plain.kind).toBe(event.method === '/move' ? 'ok' : 'drop')
  })

  it('tells what the scorer looks at', () => {
    const event = moveAt(1, 69.845, { x: -0.125, y: 400, inputkey: 'alt' })
    expect(readMove(recordOf(JSON.stringify(event)))).toMatchObject({
      value: {
        eventId: event.eventId,
        account: 'testAccount_56',
        roomID: 'room-1',
        timeMs: Date.parse(event.datetime),
        gameMs: 69_000,
        x: -0.125,
        y: 400,
        inputkey: 'alt',
      },
    })
  })
})

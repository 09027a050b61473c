import { describe, expect, it } from 'vitest'
import { createRoomDayFinder, gameTimeMs } from './find-room-day.ts'

const at = (text: string): number => Date.parse(text)

describe('createRoomDayFinder', () => {
  const find = createRoomDayFinder()

  it('takes the day of the room where it is known, also after midnight', () =>
    expect(find(at('2024-03-24T23:50:00.000Z'), at('2024-03-25T00:10:00.000Z'), '20:0')).toBe('2024-03-24'))

  it('goes back by the game time where the room is not known', () => {
    expect(find(undefined, at('2024-03-25T00:10:00.000Z'), '10:0')).toBe('2024-03-25')
    expect(find(undefined, at('2024-03-25T00:10:00.000Z'), '10:1')).toBe('2024-03-24')
  })

  it('does not mix up days that it has seen', () =>
    expect(
      ['2024-03-24', '2024-03-25', '1969-12-31', '2024-03-24', '2190-01-01'].map(day =>
        find(at(`${day}T12:00:00.000Z`), 0, '0:0'),
      ),
    ).toEqual(['2024-03-24', '2024-03-25', '1969-12-31', '2024-03-24', '2190-01-01']))

  it('stays inside the years that a date can name', () =>
    expect(find(undefined, at('0000-01-01T00:00:00.000Z'), '10:0')).toBe('0000-01-01'))
})

describe('gameTimeMs', () => {
  it.each([
    ['0:0', 0],
    ['12:5', 725_000],
    ['9999:99', 600_039_000],
  ])('reads %s as %i ms', (text, ms) => expect(gameTimeMs(text)).toBe(ms))
})

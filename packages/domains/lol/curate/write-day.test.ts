import { describe, expect, it } from 'vitest'
import { createDayWriter } from './write-day.ts'

describe('createDayWriter', () => {
  const write = createDayWriter()

  it('writes the UTC day, whichever it wrote before', () =>
    expect(
      [
        '2024-03-24T23:59:59.999Z',
        '2024-03-25T00:00:00.000Z',
        '1969-12-31T12:00:00.000Z',
        '2024-03-24T00:00:00.000Z',
        '2190-01-01T00:00:00.000Z',
      ].map(instant => write(Date.parse(instant))),
    ).toEqual(['2024-03-24', '2024-03-25', '1969-12-31', '2024-03-24', '2190-01-01']))

  it('stays inside the years that a date can name', () =>
    expect(write(Date.parse('0000-01-01T00:00:00.000Z') - 1)).toBe('0000-01-01'))
})

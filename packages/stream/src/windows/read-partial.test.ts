import { anything, assert, constantFrom, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { createPartialReader } from './read-partial.ts'
import { windowPartial } from './window-records.ts'

const NOON = '2026-01-01T12:00:00.000Z'
const partial = {
  window: NOON,
  group: ['page', 'a'],
  partition: 0,
  events: 0,
  result: null,
  revision: 1,
  watermark: '2026-01-01T12:00:59.999Z',
}

it('reads the instants of a partial result, and keeps the rest as it is', () => {
  const read = createPartialReader()
  const expected = { ...partial, windowMs: Date.parse(NOON), watermarkMs: Date.parse(partial.watermark) }
  expect(read(Buffer.from(JSON.stringify(partial)))).toEqual(expected)
  expect(read(Buffer.from(JSON.stringify({ ...partial, window: partial.watermark })))?.windowMs).toBe(
    expected.watermarkMs,
  )
})

it.each(['', '{', 'null', '7', '"text"', '[]'])('takes %j for no partial result', text => {
  expect(createPartialReader()(Buffer.from(text))).toBeNull()
})

it('judges as the schema does', () => {
  const values = [
    NOON,
    '2026-01-01T12:00:00Z',
    '2026-02-30T12:00:00.000Z',
    -1,
    0,
    1,
    1.5,
    2 ** 53,
    null,
    [],
    ['a'],
    [1],
  ]
  const changes = record({ field: constantFrom(...Object.keys(partial)), value: constantFrom<unknown>(...values) })
  const read = createPartialReader()
  assert(
    property(changes, anything(), ({ field, value }, other) => {
      for (const changed of [value, other]) {
        const text = JSON.stringify({ ...partial, [field]: changed })
        const isOne = windowPartial.safeParse(JSON.parse(text)).success
        expect(read(Buffer.from(text)) !== null, text).toBe(isOne)
      }
    }),
    { numRuns: 500 },
  )
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  FlatReader,
  instant,
  instantMs,
  wireBoolean,
  wireInstant,
  wireList,
  wireNumber,
  wireObject,
} from '../src/index.ts'

const CANONICAL = '2024-03-24T11:25:29.845Z'

it.each([
  [CANONICAL, CANONICAL],
  ['2024-03-24t11:25:29.845z', CANONICAL],
  ['2024-03-24 11:25:29.845Z', CANONICAL],
  ['2024-03-24 11:25:29.845', CANONICAL],
  ['2024-03-24t20:25:29.845999+09:00', CANONICAL],
  ['2024-03-24 11:25:29z', '2024-03-24T11:25:29.000Z'],
  ['2024-02-29t23:59:59-00:00', '2024-02-29T23:59:59.000Z'],
])('an instant of RFC 3339 on the wire becomes the canonical one: %s', (given, canonical) => {
  expect(wireInstant(given)).toBe(canonical)
  expect(instantMs(given)).toBe(Date.parse(canonical))
})

it.each([
  '2024-03-24',
  '2024-03-24  11:25:29Z',
  '2024-03-24_11:25:29Z',
  '2024-03-24 11:25:29 Z',
  '2024-03-24 11:25Z',
  ' 2024-03-24T11:25:29Z',
  '2024-02-30 11:25:29z',
  '2024-03-24 24:00:00z',
  '2024-12-31t23:59:60z',
  '2024-03-24t11:25:29+24:00',
  '2024-03-24t11:25:29.z',
])('anything else on the wire is left to the schema, which refuses it: %s', given => {
  expect(wireInstant(given)).toBe(given)
  expect(instantMs(given)).toBeNaN()
  expect(instant.safeParse(given).success).toBe(false)
})

it('behind the gateway an instant has one form: schema and zero-copy reader refuse every other one', () => {
  const reader = new FlatReader(z.object({ at: instant }))
  const takes = (at: string) => [instant.safeParse(at).success, reader.read(Buffer.from(JSON.stringify({ at })))]
  const form = fc.tuple(fc.constantFrom('T', 't', ' '), fc.constantFrom('Z', 'z', '', '+00:00'))
  fc.assert(
    fc.property(form, fc.constantFrom('', '.8', '.845', '.845000'), ([separator, zone], fraction) => {
      const at = `2024-03-24${separator}11:25:29${fraction}${zone}`
      const isCanonical = at === CANONICAL
      expect(wireInstant(at)).toBe(new Date(instantMs(at)).toISOString())
      expect(takes(at)).toEqual([isCanonical, isCanonical])
    }),
  )
})

it('an object on the wire has its fields read, and stays the same object where nothing is to be read', () => {
  const read = wireObject({ click: wireBoolean, age: wireNumber, at: wireObject({ x: wireNumber }) })
  expect(read({ click: 'true', age: '36', at: { x: '1' }, name: '7' })).toEqual({
    ...{ click: true, age: 36, at: { x: 1 }, name: '7' },
  })
  const canonical = { click: false, age: 36, at: { x: 1 } }
  expect(read(canonical)).toBe(canonical)
  for (const other of ['{}', null, 1, [{ age: '1' }], undefined]) expect(read(other)).toBe(other)
  expect(read({ click: 'yes', age: 'old' })).toEqual({ click: 'yes', age: 'old' })
})

it('an array on the wire has its items read, and stays the same array where nothing is to be read', () => {
  const read = wireList(wireList(wireNumber))
  expect(
    read([
      ['437', -1, '2.5'],
      [0, '1'],
    ]),
  ).toEqual([
    [437, -1, 2.5],
    [0, 1],
  ])
  const canonical = [[437, -1, 2.5]]
  expect(read(canonical)).toBe(canonical)
  for (const other of ['[]', null, 1, { 0: ['1'] }, undefined]) expect(read(other)).toBe(other)
  expect(read([['one'], '1', null])).toEqual([['one'], '1', null])
})

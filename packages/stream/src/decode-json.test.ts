import { eventId, instant } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deadLetter, decodeJson, ok } from './index.ts'

const schema = z.looseObject({
  eventId,
  datetime: instant,
  account: z.string(),
  x: z.number(),
  deathCount: z.int(),
  roomID: z.string().optional(),
})

const recordOf = (value: string | Buffer): LogRecord => ({
  topic: 'test.raw',
  partition: 0,
  offset: 7,
  key: Buffer.from('ann'),
  value: Buffer.from(value),
  timestampMs: 0,
})

describe('decodeJson', () => {
  const decode = decodeJson(schema, ['eventId', 'datetime', 'account', 'x', 'deathCount', 'roomID'])
  const event = {
    eventId: 'e1',
    datetime: '2024-03-24T11:25:29.845Z',
    account: 'ann',
    x: -1.5,
    deathCount: 3,
    more: [1],
  }
  const decoded = (value: string) => decode(recordOf(value), recordOf(value))
  const without = (field: string, value: unknown) => decoded(JSON.stringify({ ...event, [field]: value }))

  it('gives the event with the fields that it does not know', () => {
    expect(decoded(JSON.stringify(event))).toEqual(ok(event))
  })

  it('takes what the contract leaves optional as it is: there, absent or null', () => {
    for (const roomID of ['r', undefined, null]) expect(without('roomID', roomID).kind).toBe('ok')
    expect(without('roomID', 7)).toMatchObject({ path: '/roomID' })
  })

  it.each([
    ['account', undefined, 'account: expected a text, got undefined'],
    ['account', 7, 'account: expected a text, got 7'],
    ['x', '7', 'x: expected a number, got "7"'],
    ['x', null, 'x: expected a number, got null'],
    ['deathCount', 1.5, 'deathCount: expected a whole number, got 1.5'],
    ['datetime', 'yesterday', 'datetime: expected an instant such as 2024-03-24T11:25:29.845Z, got "yesterday"'],
  ])('says of %s = %j where, what was got and what was expected', (field, value, message) => {
    expect(without(field, value)).toEqual(
      deadLetter('wrong_field', message, { path: `/${field}`, sourceEventId: 'e1' }),
    )
  })

  it('does not repeat a long value', () => {
    const result = without('x', 'y'.repeat(500))
    expect(result).toMatchObject({
      kind: 'dead-letter',
      message: expect.stringMatching(/^x: expected a number, got "y{59}…$/),
    })
  })

  it.each([
    ['', 'not_json'],
    ['{"a":', 'not_json'],
    ['null', 'not_an_object'],
    ['[1]', 'not_an_object'],
    ['"text"', 'not_an_object'],
  ])('refuses %j', (value, code) => {
    expect(decoded(value)).toMatchObject({ kind: 'dead-letter', code, path: null, sourceEventId: null })
  })

  it.each([
    [{ name: 'Kamen' }, '/boss/endTime', 'boss.endTime: expected a whole number, got undefined'],
    [{ name: 7, endTime: 1 }, '/boss/name', 'boss.name: expected a text, got 7'],
    [{ name: 'Kamen', endTime: 1, at: { x: '1' } }, '/boss/at/x', 'boss.at.x: expected a number, got "1"'],
    [[], '/boss/name', 'boss.name: expected a text, got undefined'],
    [null, '/boss', 'boss: expected an object or a list, got null'],
  ])('looks into objects: %j', (boss, path, message) => {
    const at = z.looseObject({ x: z.number() })
    const nested = z.looseObject({ boss: z.looseObject({ name: z.string(), endTime: z.int(), at }) })
    const record = recordOf(JSON.stringify({ boss }))
    expect(decodeJson(nested)(record, record)).toEqual(
      deadLetter('wrong_field', message, { path, sourceEventId: null }),
    )
    const right = recordOf(JSON.stringify({ boss: { name: 'Kamen', endTime: 1, at: { x: 1 } } }))
    expect(decodeJson(nested)(right, right).kind).toBe('ok')
  })

  it('checks each number of rows of numbers', () => {
    const [ms, x] = [z.int().meta({ title: 'ms' }), z.number().meta({ title: 'x' })]
    const decodeRows = decodeJson(z.looseObject({ way: z.array(z.tuple([ms, x])).optional() }), ['way'])
    const decodedWay = (way: unknown) => decodeRows(recordOf(JSON.stringify({ way })), recordOf(''))
    for (const way of [[[5, 1.5]], [], null, undefined]) expect(decodedWay(way).kind).toBe('ok')
    for (const way of [7, {}, [5, 1.5], [[5]], [[5, 1, 1]], [[5.5, 1]], [[5, '1']], [[5, null]]])
      expect(decodedWay(way)).toMatchObject({
        path: '/way',
        message: `way: expected a list of rows of 2 numbers, got ${JSON.stringify(way)}`,
      })
  })

  it('does not touch fields that nobody asked for', () => {
    expect(without('y', 'not a number').kind).toBe('ok')
  })

  it('knows the fields of its contract only', () => {
    expect(() => decodeJson(schema, ['nope' as 'x'])).toThrow('no field "nope"')
  })
})

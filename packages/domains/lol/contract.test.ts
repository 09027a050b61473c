import { readWire } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { lol, lolRaw } from './contract.ts'

const sample = {
  datetime: '2024-03-24T11:25:29.845Z',
  method: '/move',
  ingametime: '0:0',
  ip: '192.168.0.50',
  x: '277',
  y: '-351',
  deathCount: '0',
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: 'b',
  account: 'testAccount_56',
  champion: 'vex',
  status: '0',
}
const eventId = '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b11'
const read = (record: Record<string, unknown>) => lolRaw.safeParse(readWire(record, lol.topics.raw.wire))

describe('a League of Legends event', () => {
  it('is read from its published form, strings as numbers', () => {
    const result = read({ ...sample, eventId })
    expect(result.data).toEqual({ ...sample, eventId, x: 277, y: -351, deathCount: 0, status: 0 })
  })

  it('keeps unknown fields', () => {
    expect(read({ ...sample, eventId, mood: { calm: true } }).data).toMatchObject({ mood: { calm: true } })
  })

  it.each([
    ['2024-03-24T20:25:29+09:00', '2024-03-24T11:25:29.000Z'],
    ['2024-03-24T11:25:29', '2024-03-24T11:25:29.000Z'],
    ['2024-03-24T11:25:29.8456789Z', '2024-03-24T11:25:29.845Z'],
    ['2024-03-24t11:25:29.845z', '2024-03-24T11:25:29.845Z'],
    ['2024-03-24 20:25:29+09:00', '2024-03-24T11:25:29.000Z'],
  ])('has its time %s read as the instant %s', (given, instant) => {
    expect(read({ ...sample, eventId, datetime: given }).data?.datetime).toBe(instant)
  })

  it.each([
    ['x', 'two'],
    ['x', ''],
    ['x', '1e400'],
    ['x', Number.POSITIVE_INFINITY],
    ['x', null],
    ['x', true],
    ['status', '2'],
    ['deathCount', -1],
    ['deathCount', '1.5'],
    ['datetime', '24.03.2024'],
    ['datetime', '2024-02-31T00:00:00Z'],
    ['datetime', '2024-02-31T00:00:00.000Z'],
    ['datetime', '2023-02-29T00:00:00.000Z'],
    ['datetime', 1711279529],
    ['method', '/fly'],
    ['account', ''],
    ['ingametime', 'soon'],
    ['eventId', 'one'],
  ])('is refused with %s = %j, naming the field', (field, value) => {
    const result = read({ ...sample, eventId, [field]: value })
    expect(result.error?.issues.map(issue => issue.path)).toEqual([[field]])
  })

  it('does not take a field from the prototype', () => {
    expect(read(JSON.parse(`{"__proto__":{"eventId":"${eventId}"}}`)).success).toBe(false)
  })
})

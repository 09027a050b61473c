import { membersOf } from '@millrace/contracts'
import { assert, double, jsonValue, property, string, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LolRaw, lolCurated } from '../contract.ts'
import { rawMove } from './raw-move.ts'
import { type DerivedColumns, writeCurated } from './write-curated.ts'

const derived: DerivedColumns = {
  roomDay: '2024-03-24',
  'x+y': -74,
  buyItem: 0,
  displacement: 12.5,
  elapsedMs: 9000,
  speed: 1.388888888888889,
}
const bytesOf = (event: unknown): Buffer => Buffer.from(JSON.stringify(event))
const write = (event: LolRaw, champion = event.champion, raw = bytesOf(event)) =>
  writeCurated(raw, event, champion, derived).toString()

describe('writeCurated', () => {
  it('puts the derived columns after the bytes of the raw event', () => {
    const event = rawMove({ note: 'Größe 리그 "\\' })
    expect(write(event)).toBe(
      `${JSON.stringify(event).slice(0, -1)},"roomDay":"2024-03-24","x+y":-74,"buyItem":0,"displacement":12.5,"elapsedMs":9000,"speed":1.388888888888889}`,
    )
    expect(lolCurated.parse(JSON.parse(write(event)))).toEqual({ ...event, ...derived })
  })

  it('leaves numbers as they were written, beyond what a double can hold', () => {
    const raw = JSON.stringify(rawMove()).replace('{', '{"big":12345678901234567890,')
    expect(write(JSON.parse(raw), 'Vex', Buffer.from(raw))).toContain('"big":12345678901234567890,')
  })

  it('puts the name of the champion right in its place', () => {
    const event = rawMove({ champion: 'aurelion söl' })
    const fixed = { ...event, champion: 'AurelionSol' }
    expect(write(event, 'AurelionSol')).toBe(
      `${JSON.stringify(fixed).slice(0, -1)}${JSON.stringify(derived).replace('{', ',')}`,
    )
  })

  it('leaves the bytes of a way of the pointer as they are, also where the champion is put right', () => {
    const path = '[[437,-121,1.50],[62, -2,0]]'
    const raw = JSON.stringify(rawMove({ champion: 'vex' })).replace(/}$/, `,"path":${path}}`)
    const written = write(JSON.parse(raw), 'Vex', Buffer.from(raw))
    expect(written).toBe(
      `${raw.slice(0, -1).replace('"champion":"vex"', '"champion":"Vex"')}${JSON.stringify(derived).replace('{', ',')}`,
    )
  })

  it.each([
    ['a nested champion', { team: { champion: 'vex' } }],
    ['a nested champion after it', { champion: 'vex', zone: [{ champion: 'vex' }] }],
    ['a nested champion in an array of arrays', { champion: 'vex', zone: [[1], [[{ champion: 'vex' }]]] }],
    ['a text in an array', { champion: 'vex', zone: ['"champion":"vex"'] }],
    ['a field that ends like it', { '"champion': 'vex' }],
    ['a text that looks like it', { note: '"champion":"vex"' }],
    ['an unknown field with the name of a derived one', { speed: 'fast', roomDay: null, 'x+y': [1] }],
    ['a field called __proto__', JSON.parse('{"__proto__":{"champion":"vex"}}')],
  ])('is not misled by %s', (_, extra) => {
    const event = JSON.parse(JSON.stringify({ ...rawMove({ champion: 'vex' }), ...extra }))
    const text = write(event, 'Vex')
    expect(JSON.parse(text)).toEqual({ ...event, champion: 'Vex', ...derived })
    for (const name of Object.keys(derived)) expect(text.split(`"${name}":`)).toHaveLength(2)
  })

  it('rewrites bytes with space around them', () => {
    const event = rawMove({ champion: 'vex' })
    const raw = Buffer.from(`${JSON.stringify(event, null, 1)}\n`)
    expect(JSON.parse(write(event, 'Vex', raw))).toEqual({ ...event, champion: 'Vex', ...derived })
    expect(JSON.parse(write(event, 'vex', raw))).toEqual({ ...event, ...derived })
  })

  it.each([
    ['in an object', '"order":{"id":9007199254740993}', 'vex'],
    ['beside a field with the name of a derived one', '"big":9007199254740993,"speed":0.1234567890123456789', 'Vex'],
    ['beside a champion that is written with an escape', '"big":123456789.123456789,"zero":-0,"one":1.0', '\\u0076ex'],
    ['beside a field that is there twice', '"order":{"id":1.0},"champion":"ahri","champion":"vex"', 'x'],
  ])('leaves the digits of numbers %s', (_, fields, champion) => {
    const raw = JSON.stringify(rawMove({ champion: '?' }))
      .replace('"?"', `"${champion}"`)
      .replace(/}$/, `,${fields}}`)
    const written = write(JSON.parse(raw), 'Vex', Buffer.from(raw))
    for (const [name, text] of membersOf(`{${fields}}`))
      if (name !== 'champion' && !Object.hasOwn(derived, name)) expect(membersOf(written).get(name)).toBe(text)
    expect(JSON.parse(written)).toEqual({ ...JSON.parse(raw), champion: 'Vex', ...derived })
  })

  it('is the raw event with champion and derived columns replaced, for any fields, nulls and numbers', () => {
    assert(
      property(
        uniqueArray(string(), { maxLength: 4 }),
        jsonValue(),
        string({ minLength: 1 }),
        double({ noNaN: true, noDefaultInfinity: true }),
        (names, value, champion, number) => {
          const extra = Object.fromEntries(names.map(name => [name, value]))
          const event: LolRaw = JSON.parse(JSON.stringify({ ...extra, ...rawMove({ champion }) }))
          const columns = { ...derived, 'x+y': number, displacement: Math.abs(number), speed: null }
          const written = writeCurated(bytesOf(event), event, 'Lux', columns).toString()
          expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ ...event, champion: 'Lux', ...columns })))
        },
      ),
    )
  })
})

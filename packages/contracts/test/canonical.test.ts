import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { canonicalJson, columnsOf, columnTypeText, isPlausibleEventTime, payloadHash } from '../src/index.ts'
import { gameCatalog } from './game.ts'

describe('the canonical form', () => {
  const raw = gameCatalog.topic('game.raw')

  it('sorts keys at every level, and leaves out fields of the schema that are null', () => {
    expect(canonicalJson(raw, { roomID: null, note: null, b: [{ z: 1, a: null }, null], a: '한글' })).toBe(
      '{"a":"한글","b":[{"a":null,"z":1},null],"note":null}',
    )
  })

  it('gives one hash to events that differ only in order and in nulls of fields of the schema', () => {
    expect(payloadHash(raw, { x: 1, y: 2, roomID: null })).toEqual(payloadHash(raw, { y: 2, x: 1 }))
    expect(payloadHash(raw, { x: 1 })).not.toEqual(payloadHash(raw, { x: 2 }))
    expect(payloadHash(raw, { note: null })).not.toEqual(payloadHash(raw, {}))
  })
})

describe('columns', () => {
  it('have the types of the schema', () => {
    const columns = Object.fromEntries(
      columnsOf(gameCatalog.topic('game.curated').schema).map(column => [column.name, column]),
    )
    expect(columns.datetime).toMatchObject({ type: 'timestamp', nullable: false })
    expect(columns.x).toMatchObject({ type: 'double', nullable: false })
    expect(columns.status).toMatchObject({ type: 'bigint' })
    expect(columns.speed).toMatchObject({ type: 'double', nullable: true })
    expect(columns.roomID).toMatchObject({ type: 'string', nullable: true })
    expect(
      Object.fromEntries(columnsOf(gameCatalog.topic('game.truth').schema).map(c => [c.name, c.type])),
    ).toMatchObject({
      cheat: 'string',
      cheater: 'boolean',
    })
    expect(columnsOf(gameCatalog.topic('game.scores').schema).find(c => c.name === 'contributions')?.type).toBe('json')
  })

  it('of rows of numbers have a name and a type for each place in a row', () => {
    const [ms, x] = [z.int().meta({ title: 'ms' }), z.number().meta({ title: 'x' })]
    const typesOf = (schema: z.ZodType) =>
      columnsOf(z.object({ way: schema })).map(column => [columnTypeText(column), column.nullable])
    expect(typesOf(z.array(z.tuple([ms, x])).max(4))).toEqual([['list of (ms bigint, x double)', false]])
    expect(typesOf(z.array(z.tuple([ms, x])).optional())).toEqual([['list of (ms bigint, x double)', true]])
    expect(typesOf(z.array(z.tuple([ms, x])).nullable())).toEqual([['list of (ms bigint, x double)', true]])
    for (const other of [
      z.union([z.array(z.tuple([ms, x])), z.array(z.tuple([x, ms]))]),
      z.array(z.tuple([ms, z.number()])),
      z.array(z.tuple([ms, z.string().meta({ title: 'name' })])),
      z.array(z.tuple([ms], x)),
      z.array(z.array(x)),
      z.tuple([ms, x]),
    ])
      expect(typesOf(other)).toEqual([['json', false]])
  })
})

describe('an event time', () => {
  const sent = Date.UTC(2026, 0, 1)
  it.each([
    [Date.UTC(1970, 0, 1), false],
    [Date.UTC(2000, 0, 1), true],
    [sent + 86_400_000, true],
    [sent + 86_400_001, false],
    [Date.UTC(2190, 0, 1), false],
  ])('of %d is believed: %s', (time, plausible) => expect(isPlausibleEventTime(time, sent)).toBe(plausible))
})

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventId, FlatReader, fallingFirst, instant } from '../src/index.ts'
import { gameCurated, gameRaw } from './game.ts'

const move = {
  eventId: '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b11',
  datetime: '2024-03-24T11:25:29.845Z',
  method: '/move',
  ingametime: '12:5',
  ip: '192.168.0.50',
  x: 277.25,
  y: -351,
  deathCount: 0,
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: '',
  account: 'testAccount_56',
  champion: 'vex',
  status: 0,
  roomID: '0b9c1f86',
  createRoomDate: '2024-03-24T11:25:29.001Z',
}
const curated = {
  ...move,
  roomDay: '2024-03-24',
  'x+y': -73.75,
  buyItem: 1,
  displacement: null,
  elapsedMs: null,
  speed: 0.5,
}
const bytesOf = (text: string) => Buffer.from(text, 'utf8')
const takes = (schema: z.ZodObject, text: string): boolean => new FlatReader(schema).read(bytesOf(text))

/** Rows of two numbers, the first whole, up to 1000 and falling. */
const rowsOf = (most: number) =>
  z
    .array(z.tuple([z.int().min(0).max(1000), z.number()]))
    .min(1)
    .max(most)
    .check(fallingFirst)

describe('a flat reader', () => {
  it('takes events that are written plainly, as JSON.stringify and as Python writes them, in any order of fields', () => {
    expect(takes(gameRaw, JSON.stringify(move))).toBe(true)
    expect(takes(gameCurated, JSON.stringify(curated))).toBe(true)
    expect(takes(gameRaw, JSON.stringify(move).replaceAll('":', '": ').replaceAll(',"', ', "'))).toBe(true)
    const reader = new FlatReader(gameRaw)
    const shuffled = Object.entries(move).reverse()
    for (let turn = 0; turn < 5; turn++) {
      expect(reader.read(bytesOf(JSON.stringify(Object.fromEntries(shuffled))))).toBe(true)
      shuffled.push(shuffled.shift()!)
    }
  })

  it('tells the values of the event that was read last', () => {
    const reader = new FlatReader(gameRaw)
    const { roomID: _, ...without } = move
    const [first, second] = [JSON.stringify(move), JSON.stringify({ ...without, x: -0.125 })]
    const body = bytesOf(`${first}\n${second}`)
    const [datetime, x, roomID] = [reader.indexOf('datetime'), reader.indexOf('x'), reader.indexOf('roomID')]
    expect(reader.read(body, 0, first.length)).toBe(true)
    expect(reader.instantMs(datetime)).toBe(Date.parse(move.datetime))
    expect(reader.text(roomID)).toBe(move.roomID)
    expect(reader.slice(roomID)).toEqual(Buffer.from(move.roomID))
    expect(reader.text(x)).toBe('277.25')
    expect(reader.read(body, first.length + 1, body.length)).toBe(true)
    expect(reader.text(x)).toBe('-0.125')
    expect(reader.text(roomID)).toBeUndefined()
    expect(reader.slice(roomID)).toBeUndefined()
  })

  it('tells nothing of an event that it did not take', () => {
    const reader = new FlatReader(gameRaw)
    expect(reader.read(bytesOf(JSON.stringify(move)))).toBe(true)
    expect(reader.read(bytesOf('[]'))).toBe(false)
    expect(reader.text(reader.indexOf('account'))).toBeUndefined()
  })

  it('takes every number as JavaScript writes it, however many digits it has, but for exponents', () => {
    const reader = new FlatReader(z.object({ a: z.number() }))
    const doubles = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }),
      fc.double({ noNaN: true, min: 1e-6, max: 1 }),
    )
    fc.assert(
      fc.property(doubles, number => {
        const text = Object.is(number, -0) ? '0' : String(number)
        fc.pre(!text.includes('e'))
        expect([reader.read(bytesOf(`{"a":${text}}`)), reader.number(0)]).toEqual([true, Number(text)])
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes no number of more than 15 digits that JavaScript would write in another way', () => {
    const reader = new FlatReader(z.object({ a: z.number() }))
    const digits = fc.stringMatching(/^[1-9][0-9]{15,30}$/)
    fc.assert(
      fc.property(digits, fc.nat({ max: 30 }), (all, places) => {
        const text = places === 0 || places >= all.length ? all : `${all.slice(0, -places)}.${all.slice(-places)}`
        expect(reader.read(bytesOf(`{"a":${text}}`))).toBe(String(Number(text)) === text)
      }),
      { numRuns: 1_000 },
    )
  })

  it('tells numbers, and that there is none', () => {
    const reader = new FlatReader(z.object({ a: z.number().nullable().optional(), b: z.int() }))
    const numbersOf = (text: string) => [reader.read(bytesOf(text)), reader.number(0), reader.number(1)]
    expect(numbersOf('{"a":-12.375,"b":7}')).toEqual([true, -12.375, 7])
    expect(numbersOf('{"b":0,"a":null}')).toEqual([true, Number.NaN, 0])
    for (const zero of ['-0', '-0.0']) expect(reader.read(bytesOf(`{"b":${zero}}`))).toBe(false)
    expect(numbersOf('{"b":123456789012345}')).toEqual([true, undefined, 123456789012345])
  })

  it('tells rows of numbers, and that there are none', () => {
    const reader = new FlatReader(z.object({ a: rowsOf(3).nullable().optional(), b: z.int() }))
    const rowsIn = (text: string) => reader.read(bytesOf(text)) && reader.rows(0)
    expect(rowsIn('{"a":[[1000,-1.5],[20,0.25],[0,7]],"b":1}')).toEqual(Float64Array.of(1000, -1.5, 20, 0.25, 0, 7))
    expect(rowsIn('{"a": [[5, 1], [4, 2]], "b": 1}')).toEqual(Float64Array.of(5, 1, 4, 2))
    expect(rowsIn('{"b":1,"a":[[5,1]]}')).toEqual(Float64Array.of(5, 1))
    expect(rowsIn('{"b":1,"a":null}')).toEqual(new Float64Array())
    expect(rowsIn('{"b":1}')).toBeUndefined()
  })

  it.each([
    ['no row', '[]'],
    ['too many rows', '[[5,1],[4,1],[3,1],[2,1]]'],
    ['a row with a number too few', '[[5]]'],
    ['a row with a number too many', '[[5,1,1]]'],
    ['rows that do not fall', '[[5,1],[5,1]]'],
    ['rows that rise', '[[5,1],[6,1]]'],
    ['a number above its limit', '[[1001,1]]'],
    ['a number below its limit', '[[-1,1]]'],
    ['a fraction for an integer', '[[1.5,1]]'],
    ['a negative zero', '[[1,-0]]'],
    ['an exponent', '[[1,1e2]]'],
    ['a text', '[[1,"1"]]'],
    ['a row that is none', '[5,1]'],
    ['a list without an end', '[[5,1]'],
    ['a comma too many', '[[5,1],]'],
    ['a comma too many in a row', '[[5,1,]]'],
    ['other space', '[ [5,1]]'],
    ['a text instead of it', '"[[5,1]]"'],
  ])('does not take rows with %s', (_what, rows) => {
    expect(takes(z.object({ a: rowsOf(3), b: z.int() }), `{"a":${rows},"b":1}`)).toBe(false)
    expect(takes(z.object({ b: z.int(), a: rowsOf(3) }), `{"b":1,"a":${rows}}`)).toBe(false)
  })

  it('interns repeated texts, whatever came in between', () => {
    const reader = new FlatReader(z.object({ a: z.string() }))
    const few = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 })
    const any = fc.string({ unit: fc.constantFrom(...'abcxyz0189-_ /:.'), maxLength: 60 })
    const numbered = fc.integer({ min: 0, max: 99_999 }).map(n => `player_${n}`)
    fc.assert(
      fc.property(fc.array(fc.oneof(few, any, numbered), { minLength: 100, maxLength: 1_000 }), texts => {
        const told = texts.map(a => (reader.read(bytesOf(JSON.stringify({ a }))) ? reader.internedText(0) : undefined))
        expect(told).toEqual(texts)
      }),
    )
  })

  it.each([
    /^\d{1,4}:\d{1,2}$/,
    /^\d{2}$/,
    /^\d{0,1}-\d{3}\/\d{1,2}$/,
    /^\d{1}\d{2}$/,
    /^\d{1,2}:\d{1,2}/,
    /^\d{1,}:\d{1,2}$/,
    /^[\da-c]{3,9}$/,
  ])('takes texts of the pattern %s and no others', pattern => {
    const reader = new FlatReader(z.object({ a: z.string().regex(pattern) }))
    const bounded = new FlatReader(z.object({ a: z.string().regex(pattern).max(3) }))
    const texts = fc.string({ unit: fc.constantFrom(...'0059:-/a'), maxLength: 8 })
    fc.assert(
      fc.property(fc.oneof(texts, fc.stringMatching(pattern)), a => {
        fc.pre(/^[ !#-[\]-~]*$/.test(a))
        expect(reader.read(bytesOf(JSON.stringify({ a })))).toBe(pattern.test(a))
        expect(bounded.read(bytesOf(JSON.stringify({ a })))).toBe(pattern.test(a) && a.length <= 3)
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes nothing of a schema with more fields than it has bits for', () => {
    const wide = z.object(Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`f${n}`, z.boolean().optional()])))
    expect(takes(wide, '{"f0":true}')).toBe(false)
  })

  it('refuses a field that it does not know', () => {
    expect(() => new FlatReader(gameRaw).indexOf('mood')).toThrow('no field mood')
  })

  it.each([
    ['nothing', ''],
    ['an array', '[]'],
    ['an empty object', '{}'],
    ['half an object', '{"eventId"'],
    ['an object that goes on', `${JSON.stringify(move)}}`],
    ['a field twice', JSON.stringify(move).replace('{', '{"x":1,')],
    ['an optional field twice', JSON.stringify(move).replace('{', '{"roomID":"x",')],
    ['a number that a double may not hold', JSON.stringify(move).replace('277.25', '9007199254740993')],
    ['an exponent', JSON.stringify(move).replace('277.25', '2e7')],
    ['an unknown field', JSON.stringify({ ...move, mood: 1 })],
    ['a missing field', JSON.stringify({ ...move, account: undefined })],
    ['a missing comma', JSON.stringify(move).replace(',"y"', ' "y"')],
    ['a comma before the end', JSON.stringify(move).replace('}', ',}')],
    ['a null', JSON.stringify({ ...move, x: null })],
    ['a day that does not exist', JSON.stringify({ ...move, datetime: '2023-02-29T11:25:29.845Z' })],
    ['an hour that does not exist', JSON.stringify({ ...move, datetime: '2023-02-28T24:25:29.845Z' })],
    ['a second that does not exist', JSON.stringify({ ...move, datetime: '2023-02-28T23:25:60.845Z' })],
    ['an id in upper case', JSON.stringify({ ...move, eventId: move.eventId.toUpperCase() })],
    ['a text that is too long', JSON.stringify({ ...move, champion: 'x'.repeat(65) })],
    ['a text that is too short', JSON.stringify({ ...move, account: '' })],
    ['a text against its pattern', JSON.stringify({ ...move, ingametime: '12:555' })],
    ['a long text against its pattern', JSON.stringify({ ...move, ingametime: '12345:5678' })],
    ['another choice', JSON.stringify({ ...move, method: '/jump' })],
    ['a number that is no choice', JSON.stringify(move).replace('"status":0', '"status":01')],
    ['a fraction for an integer', JSON.stringify({ ...move, deathCount: 1.5 })],
    ['a negative count', JSON.stringify({ ...move, deathCount: -1 })],
    ['a number with a leading zero', JSON.stringify(move).replace('277.25', '0277.25')],
    ['a number with a plus', JSON.stringify(move).replace('277.25', '+277.25')],
    ['a number that ends with its point', JSON.stringify(move).replace('277.25', '277.')],
    ['a bare minus', JSON.stringify(move).replace('277.25', '-')],
    ['a line break', JSON.stringify(move, null, 1)],
    ['a control character', JSON.stringify(move).replace('vex', 'v\u0001x')],
    ['an escape', JSON.stringify({ ...move, champion: 'v"x' })],
    ['a letter beyond ASCII', JSON.stringify({ ...move, champion: 'vëx' })],
    ['a text without an end', JSON.stringify(move).replace('"vex"', '"vex')],
  ])('does not take %s', (_what, text) => {
    expect(takes(gameRaw, text)).toBe(false)
  })

  it.each([
    ['a check by code', z.object({ a: z.string().refine(text => text !== 'no') })],
    ['a check of the whole object', z.object({ a: z.string() }).refine(({ a }) => a !== 'no')],
    ['a transformation', z.object({ a: z.string().transform(text => text.length) })],
    ['a format that has code behind it', z.object({ a: z.url() })],
    ['a default', z.object({ a: z.string().default('x') })],
    ['a list', z.object({ a: z.array(z.string()) })],
    ['rows without a most number', z.object({ a: z.array(z.tuple([z.number()])).min(1) })],
    ['rows of anything but numbers', z.object({ a: z.array(z.tuple([z.string()])).max(4) })],
    ['rows of any length', z.object({ a: z.array(z.tuple([z.number()], z.number())).max(4) })],
    ['rows with a check by code', z.object({ a: z.array(z.tuple([z.number()]).refine(([n]) => n > 1)).max(4) })],
    [
      'a check of rows by code',
      z.object({
        a: z
          .array(z.tuple([z.number()]))
          .max(4)
          .refine(rows => rows.length > 1),
      }),
    ],
    ['no field', z.object({})],
    ['a value that JSON escapes', z.object({ a: z.enum(['yes', 'a"b']) })],
    ['a value beyond ASCII', z.object({ a: z.enum(['yes', 'é']) })],
    ['a value that JSON does not have', z.object({ a: z.literal(['yes', undefined]) })],
    ['a trimmed text', z.object({ a: z.string().trim() })],
  ])('takes nothing where a schema has %s', (_what, schema) => {
    expect(takes(schema, '{"a":"yes"}')).toBe(false)
    expect(takes(schema, '{"a":"no"}')).toBe(false)
  })

  it('knows the fields of a schema of which it takes nothing', () => {
    const reader = new FlatReader(z.object({ a: z.string().refine(text => text !== 'no') }))
    expect(reader.read(bytesOf('{"a":"yes"}'))).toBe(false)
    expect(reader.text(reader.indexOf('a'))).toBeUndefined()
  })

  it.each([
    ['seconds alone', z.iso.datetime({ precision: 0 })],
    ['minutes alone', z.iso.datetime({ precision: -1 })],
    ['no zone', z.iso.datetime({ precision: 3, local: true })],
    ['any zone', z.iso.datetime({ offset: true })],
  ])('takes instants with %s where their schema does', (_what, at) => {
    for (const text of [
      '2024-03-24T11:25:29.845Z',
      '2024-03-24T11:25:29Z',
      '2024-03-24T11:25Z',
      '2024-02-30T11:25:29.845Z',
    ])
      expect(takes(z.object({ at }), JSON.stringify({ at: text }))).toBe(at.safeParse(text).success)
  })

  const schema = z.looseObject({
    id: eventId.optional(),
    at: instant,
    text: z.string().min(1).max(9),
    time: z.string().regex(/^\d{1,2}:\d{1,2}$/),
    real: z.number().min(-1e6).max(1e6),
    count: z.int().min(0).nullable(),
    kind: z.enum(['a', 'ab']),
    flag: z.boolean().optional(),
    way: rowsOf(4).optional(),
  })
  const year = fc.date({ min: new Date('2023-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
  const text = fc.stringMatching(/^[ !#-[\]-~]{1,9}$/)
  const plain = {
    id: fc.uuid(),
    at: year.map(date => date.toISOString()),
    text,
    time: fc.stringMatching(/^\d{1,2}:\d{1,2}$/),
    real: fc.integer({ min: -1e8, max: 1e8 }).map(hundreds => hundreds / 100),
    count: fc.option(fc.nat()),
    kind: fc.constantFrom('a', 'ab'),
    flag: fc.boolean(),
    way: fc
      .uniqueArray(
        fc.tuple(
          fc.nat(1000),
          fc.integer({ min: -1e6, max: 1e6 }).map(hundreds => hundreds / 100),
        ),
        {
          ...{ minLength: 1, maxLength: 4, selector: ([first]) => first },
        },
      )
      .map(rows => rows.sort(([a], [b]) => b - a)),
  }
  const oddNumber = fc.oneof(fc.nat(1100), fc.double(), fc.constantFrom(-1, 0.5, null, '1', -0))
  const requiredKeys = ['at', 'text', 'time', 'real', 'count', 'kind'] as const
  const mostly = <T, U>(arbitrary: fc.Arbitrary<T>, ...odd: readonly fc.Arbitrary<U>[]) =>
    fc.oneof({ weight: 30, arbitrary }, ...odd)
  const events = fc
    .record(
      {
        id: mostly(plain.id, fc.string({ maxLength: 36, minLength: 36 })),
        at: mostly(
          plain.at,
          plain.at.map(at => at.replace(/-\d\dT/, '-31T')),
        ),
        text: mostly(text, fc.string({ maxLength: 12 }), fc.string({ maxLength: 9, unit: 'binary' })),
        time: mostly(plain.time, fc.stringMatching(/^\d{1,3}:\d{1,3}$/), fc.string({ maxLength: 5 })),
        real: mostly(plain.real, fc.double(), fc.float({ noNaN: true }), fc.double({ min: -1e6, max: 1e6 })),
        count: mostly(
          plain.count,
          fc.integer(),
          fc.double(),
          fc.maxSafeNat().map(nat => nat * 1000),
        ),
        kind: mostly(plain.kind, fc.constantFrom('abc', '')),
        flag: mostly(plain.flag, fc.constant('true')),
        way: mostly(
          plain.way,
          fc.array(fc.tuple(fc.nat(1000), fc.nat()), { maxLength: 5 }),
          fc.array(fc.array(oddNumber, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
        ),
      },
      { requiredKeys: [...requiredKeys] },
    )
    .chain(event =>
      mostly(
        fc.constant(event),
        fc.jsonValue().map(more => ({ ...event, more })),
      ),
    )
  /** Some change of a text: none, another byte, one less, one more. */
  const spoiled = fc
    .tuple(events, fc.nat(), fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.nat(255)), fc.nat(2))
    .map(([event, place, byte, cut]) => {
      const bytes = bytesOf(JSON.stringify(event))
      if (byte === null) return bytes
      const at = place % bytes.length
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([byte]),
        bytes.subarray(Math.min(at + cut, bytes.length)),
      ])
    })

  it('takes nothing that JSON.parse and the schema would refuse or read otherwise', () => {
    const reader = new FlatReader(schema)
    const names = Object.keys(schema.shape)
    let taken = 0
    fc.assert(
      fc.property(spoiled, bytes => {
        const padded = Buffer.concat([Buffer.from('"'), bytes, Buffer.from('"')])
        if (!reader.read(padded, 1, bytes.length + 1)) return
        taken++
        const event = JSON.parse(bytes.toString()) as Record<string, unknown>
        expect(schema.parse(event)).toEqual(event)
        expect(names).toEqual(expect.arrayContaining(Object.keys(event)))
        expect(bytes.toString().match(/[{,] ?"\w+":/g)).toHaveLength(Object.keys(event).length)
        for (const name of names) {
          const text = reader.text(reader.indexOf(name))
          expect(text).toBe(event[name] === undefined ? undefined : reader.slice(reader.indexOf(name))?.toString())
          if (text !== undefined && typeof event[name] === 'string') expect(text).toBe(event[name])
          else if (text !== undefined) expect(JSON.parse(text)).toEqual(event[name])
        }
        const numbers = reader.rows(reader.indexOf('way'))
        expect(numbers && [...numbers]).toEqual((event.way as number[][] | undefined)?.flat())
        expect(reader.instantMs(reader.indexOf('at'))).toBe(Date.parse(event.at as string))
      }),
      { numRuns: 20_000 },
    )
    expect(taken).toBeGreaterThan(500)
  })

  it.each([
    ['without spaces', ',', ':'],
    ['with spaces', ', ', ': '],
    ['with some spaces', ',', ': '],
  ])('judges alike when it has read many events of a kind before, %s', (_, comma, colon) => {
    const write = (event: object): string =>
      `{${Object.entries(event)
        .map(([name, value]) => `"${name}"${colon}${JSON.stringify(value)}`)
        .join(comma)}}`
    const usual = {
      at: '2024-03-24T11:25:29.845Z',
      text: 'x',
      time: '12:5',
      real: -0.25,
      count: null,
      kind: 'ab',
      flag: false,
      way: [
        [300, -1.5],
        [0, 2],
      ],
    }
    const told = (reader: FlatReader, bytes: Buffer): unknown =>
      reader.read(bytes) &&
      Object.keys(schema.shape).map(name => {
        const index = reader.indexOf(name)
        const numbers = name === 'way' && reader.rows(index)
        return [
          reader.text(index),
          name === 'at' && reader.instantMs(index),
          name === 'real' && reader.number(index),
          numbers && [...numbers],
        ]
      })
    const warm = new FlatReader(schema)
    for (let i = 0; i < 1_000; i++) expect(warm.read(bytesOf(write({ ...usual, count: i })))).toBe(true)
    let taken = 0
    fc.assert(
      fc.property(events, fc.nat(), fc.option(fc.nat(255), { freq: 2 }), fc.nat(2), (event, place, byte, cut) => {
        const bytes = bytesOf(write({ ...usual, ...event }))
        const at = place % bytes.length
        const end = Math.min(at + cut, bytes.length)
        const changed =
          byte === null ? bytes : Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(end)])
        // What is behind the event is not looked at.
        const behind = place % 2 === 0 ? '' : '":,0}'
        const memory = Uint8Array.from(Buffer.concat([Buffer.from(' '), changed, Buffer.from(behind)]))
        const placed = Buffer.from(memory.buffer, 1, changed.length)
        const expected = told(new FlatReader(schema), placed)
        expect(told(warm, placed)).toEqual(expected)
        if (expected) taken++
      }),
      { numRuns: 5_000 },
    )
    expect(taken).toBeGreaterThan(500)
  })

  it('reads where no code may be made of texts', () => {
    const script = `
      const { FlatReader } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
      const { gameRaw } = await import(${JSON.stringify(new URL('game.ts', import.meta.url).href)})
      const reader = new FlatReader(gameRaw)
      const bytes = Buffer.from(${JSON.stringify(JSON.stringify(move))})
      for (let i = 0; i < 1000; i++) if (!reader.read(bytes)) throw new Error('not taken')
      process.stdout.write(reader.text(reader.indexOf('account')))`
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e']
    expect(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' })).toBe(move.account)
  })

  it('takes every event of the plain kind, whatever its values', () => {
    const reader = new FlatReader(schema)
    fc.assert(
      fc.property(fc.record(plain, { requiredKeys: [...requiredKeys] }), event => {
        expect(reader.read(bytesOf(JSON.stringify(event)))).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})

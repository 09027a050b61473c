import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  hasInexactNumber,
  hasRewrittenNumber,
  isExact,
  itemsOf,
  membersOf,
  parseAsWritten,
  parseExact,
  writeAsIn,
} from '../src/index.ts'
import { gameCatalog } from './game.ts'

/** A number as JSON may write it: with many digits or few, zeros at either end, and an exponent. */
const written = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,20}$/)),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/)),
    exponent: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent)
/** Those of which it is easy to be wrong. */
const known = fc.constantFrom(
  ...[
    '-0',
    '-0.0',
    '0e9',
    '1.0',
    '1e0',
    '100',
    '1E2',
    '0.0000001',
    '1e-7',
    '1e21',
    '1e400',
    '1e-400',
    '5e-324',
    '4e-324',
  ],
  ...[
    '9007199254740992',
    '9007199254740993',
    '123456789.123456789',
    '0.1234567890123456789',
    '1e999999999999999999999',
  ],
  ...['0.30000000000000004', '0.1', '1.7976931348623157e308', '1.7976931348623159e308', '123456789012345.6'],
)
const number = fc.oneof(written, known)

/** Those of which the value can be counted out. */
const counted = number.filter(text => !/e\+?\d{5}/i.test(text))

/** A value of JSON as text, with numbers as they may be written, texts that look like numbers, and blanks between. */
const { value } = fc.letrec<{ value: string }>(tie => {
  const blank = fc.constantFrom('', '', ' ', '\n\t')
  const text = fc
    .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1.0', '\\', '\\"', '{"a":1.0,', '-0'))
    .map(t => JSON.stringify(t))
  const leaf = fc.oneof(number, text, fc.constantFrom('null', 'true', 'false', '{}', '[]'))
  const list = fc
    .tuple(blank, fc.array(tie('value'), { minLength: 1, maxLength: 3 }))
    .map(([b, items]) => `[${b}${items.join(`${b},`)}]`)
  const object = fc
    .tuple(blank, fc.array(fc.tuple(text, tie('value')), { minLength: 1, maxLength: 3 }))
    .map(([b, fields]) => `{${fields.map(([name, field]) => `${b}${name}${b}:${b}${field}${b}`).join(',')}}`)
  return { value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, list, object) }
})
const objectText = fc
  .array(
    fc.tuple(
      fc.string({ unit: 'binary' }).map(t => JSON.stringify(t)),
      value,
    ),
    { maxLength: 6 },
  )
  .map(fields => `{${fields.map(([name, field]) => `${name}:${field}`).join(' ,')}}`)

/** The value of a decimal as a fraction of integers, apart from everything that reads doubles. */
function fractionOf(text: string): { readonly numerator: bigint; readonly denominator: bigint } {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const power = Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  return power >= 0
    ? { numerator: digits * 10n ** BigInt(power), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-power) }
}

const gameRaw = gameCatalog.topic('game.raw')
const canonical = (text: string): string =>
  canonicalJson(gameRaw, { n: (parseExact(Buffer.from(`{"n":${text}}`)) as { n: unknown }).n })

describe('whether a number is exact', () => {
  it.each([
    '0',
    '-1',
    '277.25',
    '1.0',
    '1e2',
    '1E+2',
    '0.10',
    '-0',
    '-0.0',
    '9007199254740992',
    '1e21',
    '5e-324',
    '1e22',
  ])('%s is', text => expect(isExact(text)).toBe(true))
  it.each([
    '9007199254740993',
    '123456789.123456789',
    '0.1234567890123456789',
    '1e400',
    '1e-400',
    '-1e-400',
    '4e-324',
    '1.00000000000000000001',
  ])('%s is not', text => expect(isExact(text)).toBe(false))

  it('is whether the shortest text of its double has its value, for any number', () =>
    fc.assert(
      fc.property(written, text => {
        const double = Number(text)
        const shortest = fractionOf(String(Number.isFinite(double) ? double : 0))
        const sent = fractionOf(text)
        const isEqual = shortest.numerator * sent.denominator === sent.numerator * shortest.denominator
        expect(isExact(text)).toBe(Number.isFinite(double) && isEqual)
      }),
      { numRuns: 2000 },
    ))

  it('of every double is answered with yes', () =>
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(isExact(String(value))).toBe(true)
      }),
    ))

  it('takes no longer for a number of a million digits', () => {
    const digits = '9'.repeat(1_000_000)
    for (const text of [digits, `0.${'0'.repeat(500_000)}${digits}`, `1e${digits}`, `1${'0'.repeat(1_000_000)}1`])
      expect(isExact(text)).toBe(false)
  })
})

describe('JSON that is read without losing a digit', () => {
  it('is found by its bytes, wherever the number is', () =>
    fc.assert(
      fc.property(value, text => {
        const bytes = Buffer.from(text)
        const numbers: string[] = []
        ;(JSON.parse as (text: string, reviver: (k: string, v: unknown, c: { source?: string }) => unknown) => unknown)(
          text,
          (_, found, { source }) => {
            if (typeof found === 'number') numbers.push(source!)
            return found
          },
        )
        // Of repeated keys only the last is read.
        if (numbers.some(found => !isExact(found))) expect(hasInexactNumber(bytes)).toBe(true)
        if (numbers.some(found => String(Number(found)) !== found)) expect(hasRewrittenNumber(bytes)).toBe(true)
        if (JSON.stringify(JSON.parse(text)) === text)
          expect([hasInexactNumber(bytes), hasRewrittenNumber(bytes)]).toEqual([false, false])
      }),
      { numRuns: 2000 },
    ))

  it('writes itself again as it was', () =>
    fc.assert(
      fc.property(number, text => {
        expect(JSON.stringify(parseAsWritten(`{"a":[${text}]}`))).toBe(`{"a":[${text}]}`)
      }),
    ))

  it('has the canonical form of equal numbers only', () =>
    fc.assert(
      fc.property(counted, fc.oneof(counted, fc.nat(2)), (a, other) => {
        // Some pairs are of one value.
        const b =
          typeof other === 'string' ? other : `${a.includes('.') ? a.replace(/(\.\d+)/, `$1${'0'.repeat(other)}`) : a}`
        const [x, y] = [fractionOf(a), fractionOf(b)]
        const isEqual =
          x.numerator * y.denominator === y.numerator * x.denominator &&
          (x.numerator !== 0n || a.startsWith('-') === b.startsWith('-'))
        expect(canonical(a) === canonical(b)).toBe(isEqual)
      }),
      { numRuns: 2000 },
    ))

  it.each([
    ['1', '1.0'],
    ['100', '1e2'],
    ['0.0000001', '1E-7'],
    ['12345678901234567890', '12345678901234567890.00'],
    ['1e-400', '0.1e-399'],
  ])('has one canonical form for %s and %s', (a, b) => expect(canonical(a)).toBe(canonical(b)))

  it.each([
    ['9007199254740993', '9007199254740992'],
    ['0', '-0'],
    ['1e400', '1e401'],
    ['1e-400', '0'],
    ['0.1234567890123456789', '0.12345678901234568'],
  ])('has two for %s and %s', (a, b) => expect(canonical(a)).not.toBe(canonical(b)))
})

describe('the members of an object', () => {
  it('are the texts of its values, by name', () =>
    fc.assert(
      fc.property(objectText, text => {
        const members = membersOf(text)
        const parsed = JSON.parse(text) as Record<string, unknown>
        expect([...members.keys()].sort()).toEqual(Object.keys(parsed).sort())
        for (const [name, written] of members) {
          expect(JSON.parse(written)).toEqual(parsed[name])
          expect(text).toContain(written)
        }
      }),
      { numRuns: 1000 },
    ))
})

describe('an event that was made of another', () => {
  it('has the numbers of the other as they are written there, whatever else changes', () =>
    fc.assert(
      fc.property(objectText, fc.dictionary(fc.string(), fc.jsonValue()), (text, changes) => {
        const source = JSON.parse(text) as Record<string, unknown>
        const event = { ...source, ...changes, mine: 1.5 }
        const result = writeAsIn(event, source, Buffer.from(text))
        const withoutSign = (json: string): unknown => JSON.parse(JSON.stringify(JSON.parse(json)))
        expect(withoutSign(result)).toEqual(withoutSign(JSON.stringify(event)))
        const [given, made] = [membersOf(text), membersOf(result)]
        if (hasRewrittenNumber(Buffer.from(text)))
          for (const name of Object.keys(source))
            if (!Object.hasOwn(changes, name) && name !== 'mine') expect(made.get(name)).toBe(given.get(name))
      }),
      { numRuns: 1000 },
    ))

  it('has the numbers of nested objects that were read from texts, and those beside them', () =>
    fc.assert(
      fc.property(number, number, (text, beside) => {
        fc.pre(Number.isFinite(Number(text)) && Number.isFinite(Number(beside)))
        const written = `{"user":{"n":"${text}","balance":${beside},"at":{"n":"${text}"}},"order":${beside}}`
        const source = JSON.parse(written) as { user: { n: string; balance: number; at: object }; order: number }
        const event = { ...source, user: { ...source.user, n: Number(text), at: { n: Number(text) } } }
        expect(writeAsIn(event, source, Buffer.from(written))).toBe(
          `{"user":{"n":${text},"balance":${beside},"at":{"n":${text}}},"order":${beside}}`,
        )
      }),
    ))

  it('has the numbers of arrays that were read from texts, and those beside them', () =>
    fc.assert(
      fc.property(number, number, (text, beside) => {
        fc.pre(Number.isFinite(Number(text)) && Number.isFinite(Number(beside)))
        const written = `{"way":[["${text}", ${beside}],[${beside}]],"order":[${beside}]}`
        const source = JSON.parse(written) as { way: [[string, number], [number]]; order: number[] }
        const [[, same], second] = source.way
        const event = { ...source, way: [[Number(text), same], second] }
        expect(writeAsIn(event, source, Buffer.from(written))).toBe(
          `{"way":[[${text},${beside}],[${beside}]],"order":[${beside}]}`,
        )
      }),
    ))

  it('has the digits of a number that was a text', () =>
    fc.assert(
      fc.property(number, text => {
        fc.pre(Number.isFinite(Number(text)))
        const source = { n: ` ${text}`, text }
        expect(writeAsIn({ ...source, n: Number(text) }, source, Buffer.from(JSON.stringify(source)))).toBe(
          `{"n":${text},"text":${JSON.stringify(text)}}`,
        )
      }),
    ))
})

it('the items of an array are found as they are written', () => {
  expect(itemsOf('[]')).toEqual([])
  expect(itemsOf(' [ ]')).toEqual([])
  expect(itemsOf('[[1.0, "a,]\\""] ,{"b":[2,3]}, -0 ,null]')).toEqual(['[1.0, "a,]\\""]', '{"b":[2,3]}', '-0', 'null'])
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), items => {
      expect(itemsOf(`[${items.join(' ,\n')}]`)).toEqual(items.map(item => item.trim()))
    }),
    { numRuns: 1000 },
  )
})

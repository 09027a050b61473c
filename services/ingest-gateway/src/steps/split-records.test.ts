import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRefusal } from '../problem.ts'
import { countWrittenKeys, splitJson, splitNdjson } from './split-records.ts'

const LIMIT = 1_000

/** What the splitter and a JSON.parse per record make of a body; undefined when any of it is refused. */
function parseBySlices(body: Buffer): unknown {
  const slices = splitJson(body, LIMIT)
  if (isRefusal(slices) || (!slices.batch && slices.starts.length === 0)) return undefined
  try {
    const values = slices.starts.map((start, index) => JSON.parse(body.toString('utf8', start, slices.ends[index])))
    return slices.batch ? values : values[0]
  } catch {
    return undefined
  }
}

function parseWhole(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const awkward = fc.oneof(
  fc.constantFrom('"', '\\', '\\"', '{', '}', '[', ']', ',', ':', '\n', 'é', '😀', '\u2028', '"},{"', '\\\\"'),
  fc.string(),
)
const text = fc.array(awkward, { maxLength: 6 }).map(parts => parts.join(''))
const value = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any
const spacing = fc.constantFrom(undefined, 1, '\t', '\r\n ')

describe('splitJson', () => {
  it('finds the elements that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), spacing, (array, indent) => {
        const body = Buffer.from(JSON.stringify(array, null, indent))
        expect(parseBySlices(body)).toEqual(JSON.parse(body.toString()))
      }),
      { numRuns: 500 },
    )
  })

  it('accepts, with a JSON.parse of every record, exactly the bodies that JSON.parse accepts', () => {
    const cut = fc.record({ at: fc.nat(), insert: awkward, remove: fc.nat({ max: 3 }) })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.array(cut, { maxLength: 3 }), (array, cuts) => {
        let source = JSON.stringify(array)
        for (const { at, insert, remove } of cuts) {
          const position = at % (source.length + 1)
          source = source.slice(0, position) + insert + source.slice(position + remove)
        }
        const body = Buffer.from(source)
        expect(parseBySlices(body)).toEqual(parseWhole(body))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['[1,]', 'comma before its end'],
    ['[,1]', 'element is missing'],
    ['[1,,2]', 'element is missing'],
    ['[1', 'not closed'],
    ['[{"a":"]', 'not closed'],
    ['[1] 2', 'follows the end'],
    ['[1}', 'never opened'],
  ])('refuses %s and says where', (source, reason) => {
    const result = splitJson(Buffer.from(source), LIMIT)
    expect(isRefusal(result) && String(result.details?.reason)).toContain(reason)
  })

  it('skips a byte order mark and white space', () => {
    expect(parseBySlices(Buffer.from(' \r\n[ 1 , 2 ]\n'))).toEqual([1, 2])
    const marked = Buffer.from('\ufeff[1]')
    expect(splitJson(marked, LIMIT)).toMatchObject({ batch: true, starts: [4], ends: [5] })
  })

  it('stops at the limit of records', () => {
    expect(splitJson(Buffer.from('[1,2,3]'), 3)).toMatchObject({ starts: [1, 3, 5] })
    for (const body of ['[1,2,3,4]', '[1,2,3,4,5'])
      expect(splitJson(Buffer.from(body), 3)).toMatchObject({ code: 'too_many_records', details: { limit: 3 } })
  })
})

describe('splitNdjson', () => {
  it('takes one record a line, whatever ends the lines, and skips blank ones', () => {
    const body = Buffer.from('\ufeff{"a":1}\r\n\n  \n {"b":2} \n{"c":3}')
    const slices = splitNdjson(body, LIMIT)
    if (isRefusal(slices)) throw new Error('refused')
    const lines = slices.starts.map((start, index) => body.toString('utf8', start, slices.ends[index]))
    expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
  })

  it('stops at the limit of records', () => {
    expect(splitNdjson(Buffer.from('1\n2\n3\n'), 3)).toMatchObject({ starts: [0, 2, 4] })
    expect(splitNdjson(Buffer.from('1\n2\n3\n4'), 3)).toMatchObject({ code: 'too_many_records' })
  })
})

describe('countWrittenKeys', () => {
  it('counts the keys of an object as they are written', () => {
    const keysOf = (node: unknown): number =>
      typeof node !== 'object' || node === null
        ? 0
        : (Array.isArray(node) ? 0 : Object.keys(node).length) +
          Object.values(node).reduce((sum: number, inner) => sum + keysOf(inner), 0)
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), spacing, (object, indent) => {
        const body = Buffer.from(JSON.stringify(object, null, indent))
        expect(countWrittenKeys(body, 0, body.length)).toBe(keysOf(JSON.parse(body.toString())))
      }),
    )
  })

  it('counts a repeated key again', () => {
    const body = Buffer.from('{"a":1,"a" : 2,"b":{"c":"x:\\":","c":1}}')
    expect(countWrittenKeys(body, 0, body.length)).toBe(5)
  })
})

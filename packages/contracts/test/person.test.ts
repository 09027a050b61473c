import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  dataFileName,
  defineTopic,
  erasedFilePath,
  formatOfPath,
  hashInName,
  identifiersIn,
  instantField,
  keyField,
  LAKE_FORMATS,
  lakeFormats,
  noPerson,
  personIn,
  personText,
  quotedPeople,
  readManifestName,
  revisedManifestPath,
} from '../src/index.ts'

it('reads the identifiers of a record, the widest kind first', () => {
  const person = personIn({ account: 'User.account', browser: 'key', group: 'group.1' })
  expect(identifiersIn(person, { User: { account: 'ann' }, key: 7, group: ['x', 'y'] })).toEqual([
    { kind: 'account', value: 'ann' },
    { kind: 'browser', value: '7' },
    { kind: 'group', value: 'y' },
  ])
  for (const record of [{}, null, 'ann', { User: 'ann', key: null, group: 'xy' }, { User: { account: '' } }])
    expect(identifiersIn(person, record)).toEqual([])
  expect(identifiersIn(noPerson('counts'), { account: 'ann' })).toEqual([])
  expect(identifiersIn(null, { account: 'ann' })).toEqual([])
})

it('reads an identifier that is a part of a text', () => {
  const person = personIn({ account: { path: 'id', part: /^[^@]+@(.+?)(?::late)?$/s } })
  const of = (id: unknown) => identifiersIn(person, { id }).map(({ value }) => value)
  expect(of('raid@ann:late')).toEqual(['ann'])
  expect(of('raid@a@b:late:late')).toEqual(['a@b:late'])
  expect(of('other')).toEqual([])
  expect(of(undefined)).toEqual([])
})

it('says whose records are in words', () => {
  expect(personText(personIn({ account: 'a', browser: { path: 'b', part: /(.)/ } }))).toBe(
    'account in `a`, else browser in a part of `b`',
  )
  expect(personText(noPerson('counts'))).toBe('none: counts')
  expect(personText(quotedPeople('bytes'))).toBe('not by a field: bytes')
  expect(personText(null)).toBe('not stated')
})

it('gives a derived topic the fields of its source that it has as well', () => {
  const make = (name: string, shape: z.ZodRawShape, derived?: Parameters<typeof defineTopic>[0]['derivedFrom']) =>
    defineTopic({
      ...{ name, schema: z.looseObject({ at: z.string(), ...shape }), keyOf: keyField('at') },
      ...{ eventTimeMs: instantField('at'), why: 'A test.' },
      ...(derived ? { derivedFrom: derived } : { person: personIn({ account: 'account', browser: 'key' }) }),
    })
  const raw = make('a.raw', { account: z.string(), key: z.string() })
  const from = { topic: raw, by: 'curator', relation: 'each' } as const
  expect(make('a.both', { account: z.string(), key: z.string() }, from).person).toEqual(raw.person)
  expect(make('a.one', { key: z.string() }, from).person).toEqual(personIn({ browser: 'key' }))
  expect(make('a.none', {}, from).person).toBeNull()
})

it('names the manifests and data files of a range from which rows were erased', () => {
  const path = revisedManifestPath('a.raw', 3, 1200, 2)
  expect(path).toBe('_manifests/a.raw/3/00000000000000001200.e000002.json')
  expect(readManifestName(path.split('/').at(-1)!)).toEqual({ first: 1200, revision: 2 })
  expect(readManifestName('00000000000000001200.json')).toEqual({ first: 1200, revision: 0 })
  expect(readManifestName('00000000000000001200.json.tmp')).toBeNull()
  for (const format of lakeFormats) {
    const [first, second, third] = ['a', 'b', 'c'].map(digit => digit.repeat(64))
    const name = dataFileName({ partition: 3, first: 1200, last: 4711, format, sha256: first! })
    const once = erasedFilePath(`a.raw/${name}`, { revision: 1, sha256: second! })
    const twice = erasedFilePath(once, { revision: 12, sha256: third! })
    expect(once).toContain('/00003-00000000000000001200-00000000000000004711-e1')
    expect(twice).toContain('/00003-00000000000000001200-00000000000000004711-e12')
    expect([once, twice].map(formatOfPath)).toEqual([format, format])
    expect([once, twice].map(hashInName)).toEqual(
      LAKE_FORMATS[format].hashInName ? [second, third] : [undefined, undefined],
    )
    expect(twice).not.toContain(second)
  }
  for (const other of ['a.raw/notes.txt', 'a.raw/notes.parquet'])
    expect(() => erasedFilePath(other, { revision: 1, sha256: '' })).toThrow('does not have the name of a data file')
})

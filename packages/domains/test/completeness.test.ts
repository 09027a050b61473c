import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  domainProblems,
  double,
  epochMillisField,
  instantField,
  int,
  keyField,
  microsOf,
  noPerson,
  type Person,
  perPartition,
  personIn,
  type TablePurpose,
  text,
  timestamp,
} from '@millrace/contracts'
import { totalState } from '@millrace/stream/windows'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aggregations } from '../aggregation.ts'
import { allDomains, catalogOf } from '../contracts.ts'
import { curations } from '../curation.ts'
import { generatedModules } from '../generate.ts'
import { domainNames } from '../index.ts'
import { profilings } from '../profiling.ts'
import { simulations } from '../simulation.ts'
import { lacksOf } from './completeness.ts'
import { derivationProblems } from './derived.ts'
import { optionProblems, simulationProblems } from './simulated.ts'
import { extremeEvents, miscuratedOf, unstorableOf } from './storable.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const here = path.join(root, 'packages/domains')
const simulated = [...simulations.keys()]

describe('every domain', () => {
  it.each(allDomains.map(domain => [domain.name, domain] as const))('%s lacks nothing', (_, domain) => {
    expect(lacksOf(domain, root, simulated)).toEqual([])
  })

  it.each(allDomains.map(domain => [domain.name, domain] as const))(
    '%s has a mart that holds every valid event',
    (_, domain) => {
      expect(unstorableOf(domain)).toEqual([])
    },
  )

  it.each(allDomains.map(domain => [domain.name, domain] as const))('%s says how its topics are made', (_, domain) => {
    const curation = curations.find(({ source }) => source.domain === domain.name)
    const aggregation = aggregations.find(aggregation => aggregation.domain === domain.name)
    const profiling = profilings.find(profiling => profiling.domain === domain.name)
    expect(derivationProblems(domain, { curation, aggregation, profiling }, root)).toEqual([])
  })

  it.each(allDomains.map(domain => [domain.name, domain] as const))(
    '%s has the topics and tables of its simulation',
    (name, domain) => {
      expect(simulationProblems(domain, simulations.get(name)!)).toEqual([])
    },
  )

  it('shares no option of its simulation with another one that means something else', () => {
    expect(optionProblems([...simulations.values()])).toEqual([])
  })

  it.each(curations.map(curation => [curation.source.name, curation] as const))(
    'curates every valid event of %s into a valid one',
    async (_, curation) => {
      expect(await miscuratedOf(curation)).toEqual([])
    },
  )

  it('is in the list, and nothing else is a folder', () => {
    const folders = readdirSync(here).filter(
      name => statSync(path.join(here, name)).isDirectory() && !['generated', 'test', 'node_modules'].includes(name),
    )
    expect(folders.sort()).toEqual([...domainNames].sort())
    expect(allDomains.map(({ name }) => name)).toEqual([...domainNames])
  })

  it('is in the generated modules: "npm run generate" writes them', () => {
    for (const [file, text] of generatedModules()) expect(readFileSync(path.join(here, file), 'utf8')).toBe(text)
  })

  it('can be run by itself', () => {
    for (const name of domainNames)
      expect(new Set(catalogOf([name]).topics.map(topic => topic.domain))).toEqual(new Set([name, 'failed-events']))
    expect(() => catalogOf(['nowhere'])).toThrow(/nowhere.*Known: /)
  })
})

it('the completeness test says what a domain lacks', () => {
  const raw = defineTopic({
    name: 'half.raw',
    schema: z.looseObject({ account: z.string(), at: z.string().describe('event time') }),
    keyOf: keyField('account'),
    eventTimeMs: instantField('at'),
    lake: false,
    why: 'Of a domain that is not finished.',
  })
  const half = defineDomain({ name: 'half', title: 'Half a domain', topics: { raw } })
  expect(lacksOf(half, root, simulated)).toEqual([
    'packages/domains/half has no README.md',
    'packages/domains/half has no contract.ts',
    'packages/domains/half has no simulate.ts',
    'services/half-generator has no README.md',
    'services/half-generator has no package.json',
    'services/half-generator has no src/main.ts',
    'half has no simulation',
    'half.raw has no route with samples',
    'nothing stores or reads half.raw',
    'half.raw: field account has no description',
    "half.raw does not say whose it is: expected person: personIn({ … }), or noPerson('<why it holds no person>')",
    'packages/domains/half has no test',
  ])
})

it('the completeness test says which topics and tables do not say whose they are', () => {
  const schema = z.looseObject({ at: z.string().describe('time'), account: z.string().describe('who') })
  const topic = (person?: Person) =>
    defineTopic({
      ...{ name: 'half.raw', schema, keyOf: keyField('account'), eventTimeMs: instantField('at'), why: 'Half.' },
      ...(person && { person }),
    })
  const table = (person?: Person) =>
    defineTable({
      ...{ name: 'half_events', description: 'Events.', partitionKey: ['account'], clusteringKey: [] },
      columns: { account: text('who') },
      ...(person && { person }),
    })
  const lacks = (person?: Person): string[] =>
    lacksOf(
      defineDomain({ name: 'half', title: 'Half', topics: { raw: topic(person) }, tables: [table(person)] }),
      root,
      simulated,
    ).filter(lack => lack.includes('person'))
  const expected = "does not say whose it is: expected person: personIn({ … }), or noPerson('<why it holds no person>')"
  expect(lacks()).toEqual([`half.raw ${expected}`, `table half_events ${expected}`])
  expect(lacks(noPerson(''))).toEqual([
    'half.raw does not say why it holds no person',
    'table half_events does not say why it holds no person',
  ])
  expect(lacks(personIn({ account: 'account' }))).toEqual([])
  const wrong = defineDomain({
    ...{ name: 'half', title: 'Half' },
    topics: { raw: topic(personIn({ account: 'User.account' })) },
    tables: [table(personIn({ Account: 'account' }))],
  })
  expect(domainProblems(wrong).filter(problem => problem.includes('person') || problem.includes('identifier'))).toEqual(
    [
      'topic half.raw: the account of its person is "User.account", which it does not have: expected one of at, account',
      'table half_events: "Account" is no kind of identifier: expected lower-case letters, digits and hyphens',
    ],
  )
})

it('the completeness test says what is wrong with the purpose of a table', () => {
  const columns = { day: text('day'), hour: timestamp('hour'), n: int('number') }
  const table = {
    name: 'half_sums',
    description: 'Sums.',
    person: noPerson('sums'),
    partitionKey: ['day', 'hour', 'n'],
    clusteringKey: [],
    rowTime: 'hour',
    columns,
  }
  const problemsOf = (purpose?: TablePurpose): string[] => {
    const domain = defineDomain({
      name: 'half',
      title: 'Half',
      topics: {},
      tables: [{ ...table, ...(purpose && { purpose }) }],
    })
    return lacksOf(domain, root, simulated).filter(lack => lack.startsWith('table half_sums'))
  }
  const example = { day: '2024-03-24', hour: '2024-03-24T11:00:00.000Z', n: 1 }
  const purpose = { question: 'How many?', partitionRows: 'one', example }
  expect(problemsOf(purpose)).toEqual([])
  expect(problemsOf()).toEqual(['table half_sums has no purpose: expected question, partitionRows and example'])
  expect(problemsOf({ ...purpose, question: 'All' })).toEqual([
    'table half_sums: its question is "All": expected one that ends with "?"',
  ])
  expect(problemsOf({ ...purpose, partitionRows: '' })).toHaveLength(1)
  const wrong = [
    { day: '2024-03-24', n: 1 },
    { ...example, hour: '11' },
    { ...example, n: '1' },
    { ...example, day: 1 },
  ]
  for (const example of wrong)
    expect(problemsOf({ ...purpose, example })).toEqual([
      expect.stringMatching(/its example has .*: expected a value of the right type for day, hour, n/),
    ])
})

it('the completeness test says where a table does not tell from which column retention counts', () => {
  const columns = {
    room_day: text('day'),
    hour: timestamp('hour'),
    n: int('number'),
    label: perPartition(text('label')),
  }
  const example = { room_day: '2024-03-24', n: 1 }
  const purpose = { question: 'How many?', partitionRows: 'one', example }
  const problemsOf = (rowTime?: string | null): string[] => {
    const table = {
      ...{ name: 'half_sums', description: 'Sums.', person: noPerson('sums'), purpose, columns },
      partitionKey: ['room_day', 'n'],
      clusteringKey: [{ column: 'hour', order: 'asc' as const }],
      ...(rowTime === undefined ? {} : { rowTime }),
    }
    const domain = defineDomain({ name: 'half', title: 'Half', topics: {}, tables: [table] })
    return [...domainProblems(domain), ...lacksOf(domain, root, simulated)].filter(
      problem => problem.startsWith('table half_sums') && !problem.includes('nothing is mapped'),
    )
  }
  expect(problemsOf('room_day')).toEqual([])
  expect(problemsOf()).toEqual([
    'table half_sums has no rowTime: expected a column of its key, or null where its rows have no time',
  ])
  expect(problemsOf(null)).toEqual(['table half_sums: its rowTime is null, but its key has room_day, hour'])
  expect(problemsOf('label')).toEqual([
    'table half_sums: its rowTime is "label": expected a column of its key, so that all writes of a row expire together: room_day, n, hour',
  ])
  expect(problemsOf('n')).toEqual([
    'table half_sums: its rowTime is "n": expected a timestamp, or a text with a UTC day, got the type int',
  ])
  expect(problemsOf('hour')).toEqual([
    'table half_sums: its rowTime is "hour": expected a column of its partition key, because label belongs to all rows of a partition',
  ])
})

it('the completeness test says which valid events a mart cannot hold', () => {
  const schema = z.looseObject({
    account: z.string(),
    at: z.int(),
    deaths: z.int().min(0),
    lives: z.int().max(9).nullable(),
  })
  const raw = defineTopic({
    name: 'wide.raw',
    schema,
    keyOf: keyField('account'),
    eventTimeMs: epochMillisField('at'),
    why: 'Of a domain whose columns are narrower than its events.',
  })
  const table = defineTable({
    name: 'wide_events',
    description: 'Events by account.',
    partitionKey: ['account'],
    clusteringKey: [{ column: 'at', order: 'asc' }],
    columns: { account: text(''), at: timestamp(''), deaths: int(''), lives: int('') },
  })
  const wide = defineDomain({
    name: 'wide',
    title: 'Wide events',
    topics: { raw },
    tables: [table],
    mappings: [defineMapping(raw, table, event => ({ writeTimeMicros: microsOf(event.at), values: event }))],
  })
  expect(unstorableOf(wide)).toEqual([
    'wide_events.account cannot hold a text of 140000 bytes of a valid event of wide.raw: expected at most 65535 bytes in a key',
    'wide_events.account cannot hold an empty text of a valid event of wide.raw: expected a text that is not empty, as it is the whole partition key',
    'wide_events.at cannot hold -9007199254740991 of a valid event of wide.raw: expected a time in whole ms since the epoch',
    'wide_events.at cannot hold 9007199254740991 of a valid event of wide.raw: expected a time in whole ms since the epoch',
    'wide_events.deaths cannot hold 9007199254740991 of a valid event of wide.raw: expected a whole number from -2147483648 to 2147483647',
    'wide_events.lives cannot hold -9007199254740991 of a valid event of wide.raw: expected a whole number from -2147483648 to 2147483647',
  ])
})

it('the completeness test makes valid events of every kind of field', () => {
  const schema = z.looseObject({
    account: z.string().min(1).max(9),
    at: z.int().min(0).max(8_640_000_000_000_000),
    below: z.number().negative(),
    above: z.int().gt(7).max(9),
    anything: z.unknown(),
    pair: z.tuple([z.string(), z.int()]),
    three: z.array(z.int()).min(3),
    state: totalState,
  })
  const raw = defineTopic({
    name: 'odd.raw',
    schema,
    keyOf: keyField('account'),
    eventTimeMs: epochMillisField('at'),
    why: 'Of a domain with every kind of field.',
  })
  const table = defineTable({
    name: 'odd_events',
    description: 'Events by account.',
    partitionKey: ['account'],
    clusteringKey: [],
    columns: { account: text(''), at: timestamp(''), below: double(''), above: int(''), others: text('') },
  })
  const odd = defineDomain({
    name: 'odd',
    title: 'Odd events',
    topics: { raw },
    tables: [table],
    mappings: [
      defineMapping(raw, table, ({ account, at, below, above, ...others }) => ({
        writeTimeMicros: microsOf(at),
        values: { account, at, below, above, others: JSON.stringify(others) },
      })),
    ],
  })
  expect(unstorableOf(odd)).toEqual([])
  expect(extremeEvents(raw)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ above: 8 }),
      expect.objectContaining({ above: 9 }),
      expect.objectContaining({ anything: null }),
      expect.objectContaining({ three: [1, 1, 1] }),
    ]),
  )
})

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createCatalog,
  type Derivation,
  type DomainContract,
  defineDomain,
  defineMapping,
  defineMeasure,
  defineTable,
  defineTopic,
  domainProblems,
  groupOf,
  instantField,
  keyField,
  serviceOf,
  type TopicRoute,
  text,
} from '../src/index.ts'

const fields = { account: z.string(), datetime: z.string() }
const topicOf = (
  name: string,
  more: {
    samples?: TopicRoute['samples']
    derivedFrom?: Derivation
    schema?: z.ZodObject<typeof fields>
    lake?: boolean
    domain?: string
  } = {},
) =>
  defineTopic({
    name,
    schema: z.looseObject(fields),
    keyOf: keyField('account'),
    eventTimeMs: instantField('datetime'),
    why: 'Records of the tests.',
    ...more,
  })
const tableOf = (name: string, key = 'account') =>
  defineTable({
    name,
    description: 'A table of the tests.',
    partitionKey: [key],
    clusteringKey: [{ column: 'id', order: 'asc' }],
    columns: { account: text('player'), id: text('id of the event') },
  })

const raw = topicOf('game.raw', { samples: [{}] })
const curated = topicOf('game.curated', { derivedFrom: { topic: raw, by: 'curator', relation: 'each' } })
const table = tableOf('game_moves')
const mapping = defineMapping(curated, table, () => null)
const game = defineDomain({
  name: 'game',
  title: 'A game',
  topics: { raw, curated },
  tables: [table],
  mappings: [mapping],
})
const other = defineDomain({
  name: 'other',
  title: 'Another one',
  topics: { raw: topicOf('other.raw', { samples: [{}] }) },
})

describe('a catalog', () => {
  const catalog = createCatalog([game, other])

  it('finds topics, tables, mappings and routes of every domain and of the platform', () => {
    expect(catalog.topics.map(({ name }) => name)).toEqual(['game.raw', 'game.curated', 'other.raw', 'failed-events'])
    expect(catalog.topic('game.raw')).toBe(raw)
    expect(catalog.table('game_moves')).toBe(table)
    expect([...catalog.routes.keys()]).toEqual(['/v1/events/game', '/v1/events/other'])
    expect(catalog.mappingsOf('game.curated')).toEqual([mapping])
    expect(catalog.mappingsOf('game.raw')).toEqual([])
    expect(catalog.derivedOf('game.raw')).toEqual([curated])
    expect(catalog.find('game.row')).toBeUndefined()
  })

  it('names what is known when a name is wrong', () => {
    expect(() => catalog.topic('game.row')).toThrow(/No topic "game.row".*game.raw/)
    expect(() => catalog.table('__proto__')).toThrow(/No mart table "__proto__".*game_moves/)
  })

  it('refuses contracts that contradict each other, with every contradiction', () => {
    const twin = defineDomain({ ...other, topics: { raw: other.topics.raw, moves: raw } })
    expect(() => createCatalog([game, other, twin])).toThrow(
      [
        'The contracts contradict each other:',
        'topic game.raw: expected the name "other.<stream>" of lower-case letters, digits and hyphens, or "<namespace>.<stream>" with domain: \'other\'',
        'domain other is declared twice',
        'topic other.raw is declared twice',
        'topic game.raw is declared twice',
      ].join('\n'),
    )
  })
})

const counted = defineMeasure({
  ...{ name: 'actions', topic: curated, title: 'Actions', description: 'What is done.', label: 'kind', values: ['a'] },
  of: () => null,
})

describe('a domain', () => {
  it('has no problems when it is whole', () => {
    expect([game, other].flatMap(domainProblems)).toEqual([])
  })

  it.each<[string, Partial<DomainContract>, string[]]>([
    [
      'a name in capitals',
      { name: 'Game', topics: {}, tables: [], mappings: [] },
      ['domain "Game": expected lower-case letters, digits and hyphens'],
    ],
    [
      'a topic without a stream',
      { topics: { raw, curated, odd: topicOf('game') } },
      [
        'topic game: expected the name "game.<stream>" of lower-case letters, digits and hyphens, or "<namespace>.<stream>" with domain: \'game\'',
      ],
    ],
    [
      'a topic of a namespace that is its own',
      { topics: { raw, curated, odd: topicOf('news.odd', { domain: 'game' }) } },
      [],
    ],
    [
      'a measure of a topic that is not stored, with a name of blanks and without values',
      {
        measures: [
          { ...counted, topic: topicOf('game.odd') },
          { ...counted, name: 'a b' },
          { ...counted, values: [] },
        ],
      },
      [
        'measure game_actions: game.odd has no mapping to a table: expected a topic that the mart writer reads',
        'measure game_a b: "a b": expected lower-case letters, digits and _',
        'measure game_actions: its label has 0 values: expected 1 to 20',
      ],
    ],
    [
      'a route without samples',
      { topics: { raw, curated, odd: topicOf('game.odd', { samples: [] }) } },
      ['topic game.odd: its route has no sample'],
    ],
    ['a source elsewhere', { topics: { curated } }, ['topic game.curated: its source game.raw is of another domain']],
    [
      'a derived topic that clients may write',
      {
        topics: {
          raw,
          curated,
          odd: topicOf('game.odd', { samples: [{}], derivedFrom: { topic: raw, by: 'x', relation: 'some' } }),
        },
      },
      ['topic game.odd: a derived topic has no route'],
    ],
    [
      'a table of another name, to which nothing is mapped',
      { tables: [table, tableOf('moves')] },
      ['table moves: expected a name that begins with "game_"', 'table moves: nothing is mapped to it'],
    ],
    [
      'a key that is no column',
      { tables: [tableOf('game_moves', 'day')], mappings: [] },
      ['table game_moves: its key column day is not among its columns', 'table game_moves: nothing is mapped to it'],
    ],
    [
      'a mapping of what it does not have',
      { mappings: [mapping, defineMapping(topicOf('other.raw'), table, () => null)] },
      ["mapping other.raw to game_moves: topic and table must be the domain's own"],
    ],
    [
      'fields that cannot be columns of the lake',
      {
        topics: {
          ...{ raw, curated },
          odd: topicOf('game.odd', {
            schema: z.looseObject({
              ...fields,
              EventID: z.int(),
              eventId: z.string(),
              Extra: z.int(),
              _topic: z.int(),
            }),
          }),
          elsewhere: topicOf('game.elsewhere', { lake: false, schema: z.looseObject({ ...fields, extra: z.int() }) }),
        },
      },
      [
        'topic game.odd: its fields EventID and eventId differ only in case, which columns of the lake do not: rename one of them, or say "lake: false"',
        'topic game.odd: its field Extra has the name of a column that the lake adds (_topic, _partition, _offset, _timestamp, extra): rename it, or say "lake: false"',
        'topic game.odd: its field _topic has the name of a column that the lake adds (_topic, _partition, _offset, _timestamp, extra): rename it, or say "lake: false"',
      ],
    ],
    [
      'columns that differ only in case',
      {
        tables: [{ ...table, columns: { ...table.columns, ID: text('another id') } }],
        mappings: [],
      },
      [
        'table game_moves: its columns id and ID differ only in case, which columns of the mart may not: rename one of them',
        'table game_moves: nothing is mapped to it',
      ],
    ],
    [
      'a conservation of columns and topics that it does not have',
      {
        conservation: [
          {
            ...{ source: raw, table, eventsColumn: 'evnts', where: { column: 'typ', equals: 'all' } },
            late: topicOf('other.late'),
          },
        ],
      },
      [
        "conservation of game.raw in game_moves: source, late topic and table must be the domain's own",
        'conservation of game.raw in game_moves: the table has no column evnts: expected one of account, id',
        'conservation of game.raw in game_moves: the table has no column typ: expected one of account, id',
      ],
    ],
  ])('is told of %s', (_, change, problems) => {
    expect(domainProblems({ ...game, ...change })).toEqual(problems)
  })

  it('has a consumer group per service', () => {
    expect(groupOf('curator', 'game')).toBe('curator.game')
    expect(serviceOf(groupOf('mart-writer', 'game'))).toBe('mart-writer')
  })
})

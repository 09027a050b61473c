import { fileURLToPath } from 'node:url'
import {
  type Derivation,
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  text,
  timestamp,
} from '@millrace/contracts'
import { env } from '@millrace/runtime'
import { type DomainSimulation, defineOptions, type GoldenRow } from '@millrace/simulation'
import { createMapTopology, type DeadLetter, deadLetter, type KeyedContext, type Topology } from '@millrace/stream'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Aggregation, Curation } from '../facets.ts'
import { derivationProblems } from './derived.ts'
import { optionProblems, simulationProblems } from './simulated.ts'
import { miscuratedOf, unstorableOf } from './storable.ts'

/* The mistakes that authors of domains make, and what they are told. */

const root = fileURLToPath(new URL('../../..', import.meta.url))
const schema = z.looseObject({ eventId, at: instant, account: z.string().min(1).max(9) })
const why = 'Of a domain with mistakes.'
const topicOf = (stream: string, derivedFrom?: Derivation, samples?: readonly Readonly<Record<string, unknown>>[]) =>
  defineTopic({
    ...{ name: `shop.${stream}`, schema, keyOf: keyField('account'), eventTimeMs: instantField('at'), why },
    ...(derivedFrom && { derivedFrom }),
    ...(samples && { samples }),
  })
const raw = topicOf('raw', undefined, [{}])
const products = topicOf('products')
const curated = topicOf('curated', { topic: raw, by: 'curator', relation: 'each' })
const table = defineTable({
  name: 'shop_events',
  description: 'Events by account.',
  partitionKey: ['account'],
  clusteringKey: [],
  columns: { account: text(''), at: timestamp(''), note: text('') },
})

const curationTo = (
  target: typeof curated,
  at = (event: z.infer<typeof schema>) => event.at,
  fault?: DeadLetter,
): Curation => ({
  source: raw,
  target,
  createTopology: () =>
    createMapTopology({
      ...{ name: 'curator.shop', service: 'curator', source: raw, target, horizonMs: 60_000 },
      map(event, context) {
        if (fault) return fault
        context.emit(target, { ...event, at: at(event) })
        return undefined
      },
    }),
})
const topologyOf = (name: string, topic: typeof raw, output: typeof raw): Topology => ({
  ...{ name, topics: [topic], outputs: [output] },
  createProcessor: () => {
    throw new Error('it is not run')
  },
})
const aggregationOf = (...topologies: readonly Topology[]): Aggregation => ({
  domain: 'shop',
  createTopologies: () => topologies,
})
const shopWith = (...topics: readonly (typeof raw)[]) =>
  defineDomain({
    ...{ name: 'shop', title: 'A shop' },
    topics: Object.fromEntries([raw, ...topics].map(topic => [topic.name, topic])),
    tables: [table],
  })

it('a domain that makes its topics as it says has no problem', () => {
  const sums = topicOf('sums', { topic: curated, by: 'aggregator', relation: 'aggregate' })
  const aggregation = aggregationOf(topologyOf('aggregator.shop', curated, sums))
  expect(derivationProblems(shopWith(curated, sums), { curation: curationTo(curated), aggregation }, root)).toEqual([])
})

it('a derived topic is told of a service that there is not, or that does not make it', () => {
  const misspelt = topicOf('misspelt', { topic: raw, by: 'curatr', relation: 'each' })
  const unmade = topicOf('unmade', { topic: raw, by: 'aggregator', relation: 'some' })
  expect(derivationProblems(shopWith(misspelt, unmade), {}, root)).toEqual([
    "shop.misspelt: its derivedFrom is by 'curatr', which is no folder of services: expected such as curator, aggregator, profiler",
    "shop.unmade: its derivedFrom is by 'aggregator', but no topology of shop there writes it",
  ])
  const by = topicOf('sums', { topic: raw, by: 'curator', relation: 'some' })
  const none = topicOf('more')
  const aggregation = aggregationOf(
    topologyOf('aggregator.shop.sums', raw, by),
    topologyOf('aggregator.shop.more', raw, none),
  )
  expect(derivationProblems(shopWith(by, none), { aggregation }, root)).toEqual([
    "shop.sums: its derivedFrom is by 'curator', but aggregator.shop.sums writes it: say by: 'aggregator'",
    'shop.more: aggregator.shop.more writes it, but it has no derivedFrom: expected one of the topics shop.raw',
  ])
})

it('a derived topic is told which topology of the service makes it', () => {
  const sums = topicOf('sums', { topic: raw, by: 'aggregator', relation: 'aggregate' })
  const named = topicOf('named', { topic: raw, by: 'aggregator', topology: 'named', relation: 'aggregate' })
  const aggregation = aggregationOf(
    topologyOf('aggregator.shop.sums', raw, sums),
    topologyOf('aggregator.shop', raw, named),
  )
  expect(derivationProblems(shopWith(sums, named), { aggregation }, root)).toEqual([
    "shop.sums: its derivedFrom says that the group aggregator.shop makes it, but aggregator.shop.sums writes it: expected topology: 'sums'",
    'shop.named: its derivedFrom says that the group aggregator.shop.named makes it, but aggregator.shop writes it: expected no topology',
  ])
})

it('a curated topic is told what its curation makes', () => {
  const some = topicOf('curated', { topic: raw, by: 'curator', relation: 'some' })
  expect(derivationProblems(shopWith(some), { curation: curationTo(some) }, root)).toEqual([
    "shop.curated: its derivedFrom is { topic: shop.raw, by: 'curator', relation: 'some' }: expected { topic: shop.raw, by: 'curator', relation: 'each' }, as its curation makes it",
  ])
})

it('a topic is told that its topology does not read the one it is derived from', () => {
  const sums = topicOf('sums', { topic: raw, by: 'aggregator', relation: 'aggregate' })
  const aggregation = aggregationOf(topologyOf('aggregator.shop', curated, sums))
  expect(derivationProblems(shopWith(curated, sums), { curation: curationTo(curated), aggregation }, root)).toEqual([
    'shop.sums: its derivedFrom is of shop.raw, which aggregator.shop does not read: expected one of shop.curated',
  ])
})

it('two topologies of one consumer group, or of a group of another domain, are refused', () => {
  const sums = topicOf('sums', { topic: raw, by: 'aggregator', relation: 'aggregate' })
  const more = topicOf('more', { topic: raw, by: 'aggregator', relation: 'aggregate' })
  const twice = aggregationOf(topologyOf('aggregator.shop', raw, sums), topologyOf('aggregator.shop', raw, more))
  expect(derivationProblems(shopWith(sums, more), { aggregation: twice }, root)).toEqual([
    'The aggregator of shop has two topologies named "aggregator.shop": expected a name of its own for each, such as "aggregator.shop.<what it makes>".',
  ])
  const foreign = aggregationOf(topologyOf('aggregator.shopping', raw, sums))
  expect(derivationProblems(shopWith(sums), { aggregation: foreign }, root)).toEqual([
    'The aggregator of shop has a topology named "aggregator.shopping": expected "aggregator.shop" or "aggregator.shop.<what it makes>".',
  ])
})

it('a curation is told which of its events are not valid', async () => {
  expect(await miscuratedOf(curationTo(curated, () => 'yesterday'))).toEqual([
    'shop.curated: at is not valid: expected an ISO-8601 UTC instant with milliseconds, e.g. 2024-03-24T11:25:29.845Z',
  ])
})

it('a curation is told why its events fail', async () => {
  const fault = deadLetter('wrong_field', 'expected an account of the shop')
  expect(await miscuratedOf(curationTo(curated, event => event.at, fault))).toEqual([
    expect.stringMatching(/^\d+ valid events became 0 curated ones: expected an account of the shop/),
  ])
})

it('a curation is given events without a time as they are behind the gateway: with a time of receipt', async () => {
  const untimed = { ...raw, eventTimeMs: () => null, timeField: null, timeText: 'none' }
  const { createTopology: _, ...curation } = curationTo(curated)
  const map = (event: z.infer<typeof schema>, { emit, eventTimeMs }: KeyedContext) => {
    emit(curated, { ...event, at: new Date(eventTimeMs).toISOString() })
    return undefined
  }
  const ofUntimed = {
    name: 'curator.shop',
    service: 'curator',
    source: untimed,
    target: curated,
    horizonMs: 60_000,
    map,
  }
  expect(
    await miscuratedOf({ ...curation, source: untimed, createTopology: () => createMapTopology(ofUntimed) }),
  ).toEqual([])
})

it('a mapping is told of columns that the table does not have, of columns without a value, and of its errors', () => {
  const values = (event: z.infer<typeof schema>) => ({ account: event.account, at: Date.parse(event.at), nota: 'x' })
  const shop = {
    ...shopWith(),
    mappings: [
      defineMapping(raw, table, event => ({ writeTimeMicros: microsOf(Date.parse(event.at)), values: values(event) })),
      defineMapping(raw, table, () => {
        throw new TypeError('it is undefined')
      }),
    ],
  }
  expect(unstorableOf(shop)).toEqual([
    'shop_events has no column nota, which the mapping of shop.raw gives: expected one of account, at, note',
    'shop_events.note: no mapping gives it a value; add it to the values of a mapping, or remove it',
    'the mapping of shop.raw to shop_events throws: it is undefined',
  ])
})

const devices = (standard: string) => ({
  devices: env.integer({ min: 1 }).prefault(standard).meta({ form: '<n>', description: 'number of devices' }),
})
const simulationOf = (
  domain: string,
  sent: readonly string[],
  golden: Readonly<Record<string, readonly GoldenRow[]>> = {},
): DomainSimulation => ({
  ...{ domain, topics: [raw] },
  ...defineOptions(devices(domain === 'shop' ? '20' : '5'), () => {}),
  simulate() {
    const rest = [...sent]
    return {
      ...{ span: { startMs: 0, endMs: 1 }, golden: () => golden },
      stream: {
        get nextMs() {
          return rest.length > 0 ? 0 : Number.POSITIVE_INFINITY
        },
        next: () => ({
          ...{ topic: rest.shift()!, key: 'a', eventId: 'a', value: '{}', atMs: 0, actor: 0, sequence: 0, fault: null },
        }),
      },
    }
  },
})

it('a simulation is told of topics that clients cannot write, or that it does not list', () => {
  const shop = shopWith(products)
  expect(simulationProblems(shop, simulationOf('shop', [raw.name]))).toEqual([])
  expect(simulationProblems(shop, simulationOf('shop', [raw.name, products.name, 'shop.row']))).toEqual([
    'the simulation of shop sends to shop.products, which has no route: add samples to the topic, or remove it from the simulation',
    'the simulation of shop sends to shop.row, which is no topic of the domain',
    'the simulation of shop sends to shop.products: add it to the topics of the simulation',
    'the simulation of shop sends to shop.row: add it to the topics of the simulation',
  ])
})

it('a simulation is told of tables and columns in its golden answers that there are not', () => {
  const golden = { shop_events: [{ account: 'a', not: 1 }, { at: 1 }], shop_sums: [] }
  expect(simulationProblems(shopWith(), simulationOf('shop', [], golden))).toEqual([
    'the golden answers of shop for shop_events have a column not: expected one of account, at, note',
    'the golden answers of shop for shop_events lack the key column account',
    'the golden answers of shop have a table shop_sums: expected one of shop_events',
  ])
})

it('a simulation is told of tables of aggregates that its golden answers lack', () => {
  const sums = topicOf('sums', { topic: raw, by: 'aggregator', relation: 'aggregate' })
  const mapped = [raw, sums].map(topic =>
    defineMapping(topic, table, event => ({ writeTimeMicros: 1, values: { account: event.account } })),
  )
  const shop = { ...shopWith(sums), mappings: mapped }
  expect(simulationProblems(shop, simulationOf('shop', []))).toEqual([
    'the golden answers of shop lack the table shop_events, which the aggregator makes: expected its rows, or [] where there are none',
  ])
  expect(simulationProblems(shop, simulationOf('shop', [], { shop_events: [] }))).toEqual([])
  expect(simulationProblems({ ...shop, mappings: mapped.slice(0, 1) }, simulationOf('shop', []))).toEqual([])
})

it('simulations are told of an option that two of them declare in different ways', () => {
  expect(optionProblems([simulationOf('shop', []), simulationOf('shop', [])])).toEqual([])
  expect(optionProblems([simulationOf('shop', []), simulationOf('depot', [])])).toEqual([
    'the simulations of shop and depot have an option "devices" of different form, description or default, and "millrace demo" has the options of both: rename one, such as "depot-devices"',
  ])
})

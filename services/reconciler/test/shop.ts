import {
  bigint,
  createCatalog,
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  derivedId,
  double,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  text,
  timestamp,
} from '@millrace/contracts'
import { z } from 'zod'

/*
 * A made-up domain with every kind of topic: one that clients write, one with a record for each of its events, some of them,
 * aggregates and late events; and tables with and without an event id.
 */

const order = z.looseObject({ eventId, datetime: instant, account: z.string().min(1), x: z.number() })
const at = { keyOf: keyField('account'), eventTimeMs: instantField('datetime') }

const raw = defineTopic({
  name: 'shop.raw',
  schema: order,
  ...at,
  samples: [{ datetime: '2024-03-24T11:25:29.845Z', account: 'a', x: 1 }],
  why: 'Orders.',
})

const curated = defineTopic({
  name: 'shop.curated',
  schema: order.extend({ twice: z.number() }),
  ...at,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Orders with derived columns.',
})

const hints = defineTopic({
  name: 'shop.hints',
  schema: order.extend({ eventId: derivedId }),
  ...at,
  lake: false,
  derivedFrom: { topic: raw, by: 'adviser', relation: 'some' },
  why: 'Hints for some orders.',
})

const totals = defineTopic({
  name: 'shop.totals',
  schema: z.looseObject({
    period: z.enum(['hour', 'day']),
    begin: instant,
    orders: z.int(),
  }),
  keyOf: keyField('begin'),
  eventTimeMs: instantField('begin'),
  lake: false,
  derivedFrom: { topic: raw, by: 'aggregator', topology: 'totals', relation: 'aggregate' },
  why: 'Orders by hour and by day.',
})

const late = defineTopic({
  name: 'shop.late',
  schema: order.extend({ eventId: derivedId }),
  ...at,
  lake: false,
  derivedFrom: { topic: raw, by: 'aggregator', topology: 'totals', relation: 'some' },
  why: 'Orders that came too late for the totals.',
})

const prices = defineTopic({
  name: 'shop.prices',
  schema: z.looseObject({ datetime: instant, item: z.string(), price: z.number() }),
  keyOf: keyField('item'),
  eventTimeMs: instantField('datetime'),
  lake: false,
  cleanup: 'compact',
  samples: [{ datetime: '2024-03-24T11:25:29.845Z', item: 'pen', price: 1 }],
  why: 'The price of each item.',
})

const visits = defineTopic({
  name: 'shop.visits',
  schema: z.looseObject({ datetime: instant, account: z.string() }),
  ...at,
  samples: [{ datetime: '2024-03-24T11:25:29.845Z', account: 'a' }],
  why: 'Visits, for the lake only.',
})

const columns = {
  day: text('day of the order'),
  datetime: timestamp('event time'),
  event_id: text('id of the order'),
  x: double('what was ordered'),
}
const ordersByDay = defineTable({
  name: 'shop_orders',
  description: 'Orders by day.',
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
  columns,
})
const copies = defineTable({ ...ordersByDay, name: 'shop_copies', description: 'The same again.' })
const totalsByPeriod = defineTable({
  name: 'shop_totals',
  description: 'Orders by period.',
  partitionKey: ['period'],
  clusteringKey: [{ column: 'begin', order: 'desc' }],
  rowTime: 'begin',
  columns: {
    period: text('hour or day'),
    begin: timestamp('beginning of the period'),
    orders: bigint('orders of the period'),
  },
})
const priceOfItem = defineTable({
  name: 'shop_prices',
  description: 'The price of each item.',
  partitionKey: ['item'],
  clusteringKey: [],
  columns: { item: text('item'), price: double('price') },
})

const orderRow = (event: z.infer<typeof order>) => ({
  writeTimeMicros: microsOf(Date.parse(event.datetime)),
  values: {
    day: event.datetime.slice(0, 10),
    datetime: Date.parse(event.datetime),
    event_id: event.eventId,
    x: event.x,
  },
})

export const topics = { raw, curated, hints, totals, late, prices, visits }
const domain = {
  name: 'shop',
  title: 'A shop',
  topics,
  tables: [ordersByDay, copies, totalsByPeriod, priceOfItem],
  mappings: [
    defineMapping(curated, ordersByDay, orderRow),
    defineMapping(curated, copies, orderRow),
    defineMapping(totals, totalsByPeriod, ({ period, begin, orders }) => ({
      writeTimeMicros: orders,
      values: { period, begin: Date.parse(begin), orders },
    })),
    defineMapping(prices, priceOfItem, ({ item, price, datetime }) => ({
      writeTimeMicros: microsOf(Date.parse(datetime)),
      values: { item, price },
    })),
  ],
}

/** The shop without a rule of conservation. */
export const shop = createCatalog([defineDomain(domain)])

/** The shop where every order has to be in the totals of hours, late or failed. */
export const conservingShop = createCatalog([
  defineDomain({
    ...domain,
    conservation: [
      { source: raw, table: totalsByPeriod, eventsColumn: 'orders', where: { column: 'period', equals: 'hour' }, late },
    ],
  }),
])

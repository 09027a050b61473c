import { defineTopic, instantField, keyField, noPerson, personIn } from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import { webCurated, webFunnel, webHeat, webPage, webRaw, webStep, webWire } from './events.ts'

const keyOf = keyField('user_key')
const eventTimeMs = instantField('timestamp')
const partitions = 3
const by = 'aggregator'

export const raw = defineTopic({
  name: 'web.raw',
  schema: webRaw,
  wire: webWire,
  keyOf,
  eventTimeMs,
  // A browser is that of the account which its events name; an event that names another account is of that one.
  person: personIn({ account: 'account', browser: 'user_key' }),
  partitions,
  browsers: true,
  samples: [
    {
      eventType: 'click',
      timestamp: '2024-03-24T11:25:29.845Z',
      user_key: 'q8Zt4mXw1LhB7rYc0PnD',
      sessionId: 'k3VfT9sJ2aQe',
      current_page: 'https://shop.example/product?id=7',
      previousPage: 'https://shop.example/',
      element: 'button',
      elementPath: 'body>main>button:nth-of-type(2)',
      label: 'add-to-basket',
      x: '905',
      y: '415',
      spent_milli_sec: '8210',
      load_count: '2',
      viewportWidth: 1280,
      viewportHeight: 800,
      documentWidth: 1280,
      documentHeight: 1500,
      variant: 'B',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    {
      timestamp: '2024-03-24T11:25:21.635Z',
      user_key: 'q8Zt4mXw1LhB7rYc0PnD',
      current_page: 'https://shop.example/product',
      spent_milli_sec: '0',
      load_count: '2',
    },
  ],
  why: 'What happens in browsers, as accepted by the gateway; keyed by browser so that one visitor stays in order.',
})

export const curated = defineTopic({
  name: 'web.curated',
  schema: webCurated,
  keyOf,
  eventTimeMs,
  partitions,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with the page that they are about, the layout, and the cell of the heat map.',
})

/** Counts; an event that came too late for them is known by its id alone. */
const person = noPerson('counts of many visitors')
const ofHeat = { source: raw, topology: 'heat', of: 'the counts of web.heat', person }
export const heatPartials = definePartialsTopic({ name: 'web.heat-partials', ...ofHeat })
export const heatLate = defineLateTopic({ name: 'web.heat-late', ...ofHeat })

/** Of results of a day. */
const ofDay = {
  keyOf: keyField('page'),
  eventTimeMs: ({ day }: { readonly day: string }) => Date.parse(day),
  timeText: 'start of `day`',
  partitions,
  person,
  lake: false,
} as const

export const heat = defineTopic({
  ...ofDay,
  name: 'web.heat',
  schema: webHeat,
  derivedFrom: { topic: heatPartials, by, topology: 'heat', relation: 'aggregate' },
  why: 'Clicks and mouse moves per page, day, layout and cell of 100 by 100.',
})

const ofPages = { source: raw, topology: 'pages', of: 'the counts of web.pages', person }
export const pagesPartials = definePartialsTopic({ name: 'web.pages-partials', ...ofPages })
export const pagesLate = defineLateTopic({ name: 'web.pages-late', ...ofPages })

export const pages = defineTopic({
  name: 'web.pages',
  schema: webPage,
  keyOf: keyField('page'),
  eventTimeMs: instantField('hour'),
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: pagesPartials, by, topology: 'pages', relation: 'aggregate' },
  why: 'Page views and clicks per hour, page and variant of an experiment.',
})

export const steps = defineTopic({
  name: 'web.steps',
  schema: webStep,
  keyOf,
  eventTimeMs,
  partitions,
  lake: false,
  derivedFrom: { topic: raw, by, topology: 'steps', relation: 'some' },
  why: 'What a session does for the first time on a page; a funnel counts sessions, not events.',
})

const ofFunnel = { source: steps, topology: 'funnel', of: 'the counts of web.funnel', person }
export const funnelPartials = definePartialsTopic({ name: 'web.funnel-partials', ...ofFunnel })
export const funnelLate = defineLateTopic({ name: 'web.funnel-late', ...ofFunnel })

export const funnel = defineTopic({
  ...ofDay,
  name: 'web.funnel',
  schema: webFunnel,
  derivedFrom: { topic: funnelPartials, by, topology: 'funnel', relation: 'aggregate' },
  why: 'Sessions that entered, viewed, clicked on and went on from each page, per day and variant.',
})

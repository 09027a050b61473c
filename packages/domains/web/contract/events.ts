import { eventId, instant, type WireReaders, wireEventId, wireInstant, wireNumber } from '@millrace/contracts'
import { BROWSER_KEY } from '@millrace/contracts/browser-requests'
import { z } from 'zod'

/** What a browser tells of. `mouse-move`: where the mouse is now and then. `page-outline`: where the parts of a page are. */
export const webEventTypes = ['page-view', 'click', 'mouse-move', 'page-outline'] as const
export type WebEventType = (typeof webEventTypes)[number]

/** What was clicked. `labelled`: an element to which the site gave a label. `other`: any other element. */
export const webElements = ['link', 'button', 'labelled', 'other'] as const
export type WebElement = (typeof webElements)[number]

/** How a page is laid out, by the width of the viewport: below 600 px, below 1,024 px, from there on. */
export const layouts = ['phone', 'tablet', 'desktop'] as const
export type Layout = (typeof layouts)[number]

/** Cells of the heat map in each direction. */
export const CELLS = 100

/** In aggregates: events without a variant of an experiment. */
export const NO_VARIANT = 'none'

/** More pixels than any document has. */
const MAX_PX = 10_000_000
const MAX_BOXES = 100
const MAX_COUNT = 2_147_483_647
const ADDRESS = /^https?:\/\/[^\s/?#]+(?:[/?#]\S*)?$/i

const text = (max: number) => z.string().min(1).max(max)
const address = z
  .string()
  .max(2048)
  .regex(ADDRESS, { error: 'expected an address that begins with http:// or https://' })
const position = z.int().min(0).max(MAX_PX)
const size = z.int().min(1).max(MAX_PX)
const variant = text(64)

/** A part of a page: its tag and where it is in the document. */
const box = z.looseObject({
  tag: text(32).describe('name of the element'),
  x: position.describe('left edge, document px'),
  y: position.describe('upper edge, document px'),
  width: size.describe('px'),
  height: size.describe('px'),
})

/** What happened in a browser, as it travels in `web.raw`. */
export const webRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the browser or given by the gateway'),
  eventType: z
    .enum(webEventTypes)
    .optional()
    .describe(
      'what happened; where it is left out, an event with a link or a position is a click, any other a page view',
    ),
  timestamp: instant.describe('event time'),
  token: z
    .string()
    .regex(BROWSER_KEY, { error: 'expected a browser key, which begins with mb_; never send an API key' })
    .optional()
    .describe('browser key of the site; public'),
  user_key: z
    .string()
    .regex(/^[A-Za-z0-9]{20}$/, { error: 'expected 20 letters and digits' })
    .describe('random key of the browser; the partition key'),
  sessionId: text(64).optional().describe('session of the browser, which ends after 30 minutes without an event'),
  current_page: address.describe('address of the page'),
  previousPage: address.optional().describe('page of the site that was viewed before in the session'),
  link: z.string().max(2048).optional().describe('where a clicked link leads to'),
  element: z.enum(webElements).optional().describe('what was clicked'),
  elementPath: text(512).optional().describe('where the clicked element is in the document'),
  label: text(128).optional().describe('label that the site gave to the clicked element'),
  x: position.optional().describe('document px from the left'),
  y: position.optional().describe('document px from the top'),
  spent_milli_sec: z.int().min(0).max(MAX_COUNT).optional().describe('time since the page was loaded, ms'),
  load_count: z.int().min(1).max(MAX_COUNT).optional().describe('pages that the browser has loaded so far'),
  viewportWidth: size.optional().describe('width of the viewport, px'),
  viewportHeight: size.optional().describe('height of the viewport, px'),
  documentWidth: size.optional().describe('width of the document, px'),
  documentHeight: size.optional().describe('height of the document, px'),
  variant: variant.optional().describe('variant of an experiment that the visitor is shown'),
  account: text(128).optional().describe('account of a visitor who has signed in, as the site says it'),
  user_agent: text(512).optional().describe('browser, as it names itself'),
  outline: z.array(box).max(MAX_BOXES).optional().describe('parts of the page, with a page outline'),
  dropped: z
    .int()
    .min(1)
    .max(MAX_COUNT)
    .optional()
    .describe('events that the browser has dropped so far, because too many waited to be sent'),
})

export const webWire: WireReaders = {
  eventId: wireEventId,
  timestamp: wireInstant,
  x: wireNumber,
  y: wireNumber,
  spent_milli_sec: wireNumber,
  load_count: wireNumber,
  viewportWidth: wireNumber,
  viewportHeight: wireNumber,
  documentWidth: wireNumber,
  documentHeight: wireNumber,
  dropped: wireNumber,
}

const day = z.iso.date().describe('UTC day of the event')
const page = text(2048).describe('host and path of the page, without query')
const cell = z
  .int()
  .min(0)
  .max(CELLS - 1)

/** A raw event with derived columns; the same event id. */
export const webCurated = webRaw.extend({
  eventType: z.enum(webEventTypes).describe('what happened'),
  sessionId: text(64).describe('session of the browser; its key where the event has none'),
  day,
  page,
  layout: z.enum(layouts).describe('how the page is laid out, by the width of the viewport'),
  cellX: cell
    .nullable()
    .describe('column of the heat map, from the left; null without a position or the size of the document'),
  cellY: cell
    .nullable()
    .describe('row of the heat map, from the top; null without a position or the size of the document'),
})

const count = z.int().min(0)
const events = z.int().min(1).describe('events that are counted')
const revision = z.int().min(1).describe('grows with every correction')

/** Clicks and mouse moves in one cell of a page on a day; the newest revision counts. */
export const webHeat = z.looseObject({
  page,
  day: z.iso.date().describe('UTC day'),
  layout: z.enum(layouts).describe('how the page is laid out'),
  cellX: cell.describe('column, from the left'),
  cellY: cell.describe('row, from the top'),
  clicks: count.describe('clicks in the cell'),
  moves: count.describe('sampled mouse positions in the cell'),
  events,
  revision,
})

/** A page in one hour with one variant of an experiment; the newest revision counts. */
export const webPage = z.looseObject({
  hour: instant.describe('start of the hour'),
  page,
  variant: variant.describe('variant of an experiment; none: no variant'),
  views: count.describe('page views'),
  entries: count.describe('page views that began a session'),
  linkClicks: count.describe('clicks on links'),
  buttonClicks: count.describe('clicks on buttons'),
  labelledClicks: count.describe('clicks on labelled elements'),
  otherClicks: count.describe('clicks on other elements'),
  moves: count.describe('sampled mouse positions'),
  events,
  revision,
})

/** What a session does for the first time on a page. `continue`: views another page from it. */
export const stepKinds = ['enter', 'view', 'click', 'continue'] as const
export type StepKind = (typeof stepKinds)[number]

/** The first time that a session does something on a page on a day. */
export const webStep = z.looseObject({
  eventId: eventId.describe('made of day, session, page and kind: the same step has the same id'),
  sourceEventId: eventId.describe('id of the raw event'),
  user_key: text(20).describe('key of the browser'),
  timestamp: instant.describe('event time'),
  page,
  variant: variant.describe('variant of an experiment; none: no variant'),
  kind: z.enum(stepKinds).describe('what the session did'),
})

/** Sessions of a page on a day, step by step; the newest revision counts. */
export const webFunnel = z.looseObject({
  day: z.iso.date().describe('UTC day'),
  page,
  variant: variant.describe('variant of an experiment; none: no variant'),
  entered: count.describe('sessions that began on the page'),
  viewed: count.describe('sessions that viewed the page'),
  clicked: count.describe('sessions that clicked on the page'),
  continued: count.describe('sessions that viewed another page from it'),
  events: z.int().min(1).describe('steps that are counted'),
  revision,
})

export type WebRaw = z.infer<typeof webRaw>
export type WebCurated = z.infer<typeof webCurated>
export type WebStep = z.infer<typeof webStep>

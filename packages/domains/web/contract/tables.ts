import { bigint, defineTable, int, noPerson, personIn, text, timestamp } from '@millrace/contracts'

const DAY = '2024-03-24'
/** The front page of the simulated shop. */
const PAGE = 'shop.example/'

const revision = bigint('grows with every correction')
const variant = text('variant of an experiment; none: no variant')
const page = text('host and path of the page, without query')
const layout = text('how the page is laid out: phone, tablet or desktop')

export const events = defineTable({
  name: 'web_events',
  description: 'Curated events of browsers, by day and browser.',
  purpose: {
    question: 'What did a visitor do on a day, event by event?',
    partitionRows: 'the events of one browser in a day: about 6,000 of a visitor of the simulation',
    example: { day: DAY, user_key: 'pksIJ6TLs1uT91FaAs7v' },
  },
  person: personIn({ account: 'account', browser: 'user_key' }),
  partitionKey: ['day', 'user_key'],
  clusteringKey: [
    { column: 'timestamp', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'timestamp',
  columns: {
    day: text('UTC day of the event'),
    user_key: text('key of the browser'),
    timestamp: timestamp('event time'),
    event_id: text('id of the event'),
    event_type: text('page-view, click, mouse-move or page-outline'),
    session_id: text('session of the browser'),
    page,
    previous_page: text('page of the site that was viewed before in the session; null: none'),
    element: text('what was clicked: link, button, labelled or other; null: nothing'),
    element_path: text('where the clicked element is in the document'),
    label: text('label that the site gave to the clicked element'),
    link: text('where a clicked link leads to'),
    x: int('document px from the left'),
    y: int('document px from the top'),
    spent_milli_sec: int('time since the page was loaded, ms'),
    load_count: int('pages that the browser has loaded so far'),
    layout,
    document_width: int('width of the document, px'),
    document_height: int('height of the document, px'),
    variant: text('variant of an experiment; null: none'),
    account: text('account of a visitor who has signed in; null: none'),
    user_agent: text('browser, as it names itself'),
  },
})

export const heat = defineTable({
  name: 'web_heat',
  description: 'Clicks and mouse moves per page, day, layout and cell.',
  purpose: {
    question: 'Where on a page did visitors click on a day?',
    partitionRows: 'at most 30,000: 100 by 100 cells of three layouts',
    example: { page: PAGE, day: DAY },
  },
  person: noPerson('counts of many visitors'),
  partitionKey: ['page', 'day'],
  clusteringKey: [
    { column: 'layout', order: 'asc' },
    { column: 'cell_y', order: 'asc' },
    { column: 'cell_x', order: 'asc' },
  ],
  rowTime: 'day',
  columns: {
    page,
    day: text('UTC day'),
    layout,
    cell_y: int('row of the cell, 0 to 99 from the top'),
    cell_x: int('column of the cell, 0 to 99 from the left'),
    clicks: bigint('clicks in the cell'),
    moves: bigint('sampled mouse positions in the cell'),
    events: bigint('clicks and moves'),
    revision,
  },
})

export const pages = defineTable({
  name: 'web_pages',
  description: 'Page views and clicks per page, hour and variant.',
  purpose: {
    question: 'How often was a page viewed and clicked on through a day, with each variant of an experiment?',
    partitionRows: '24 for each variant',
    example: { page: PAGE, day: DAY },
  },
  person: noPerson('counts of many visitors'),
  partitionKey: ['page', 'day'],
  clusteringKey: [
    { column: 'hour', order: 'asc' },
    { column: 'variant', order: 'asc' },
  ],
  rowTime: 'hour',
  columns: {
    page,
    day: text('UTC day of the hour'),
    hour: timestamp('start of the hour'),
    variant,
    views: bigint('page views'),
    entries: bigint('page views that began a session'),
    link_clicks: bigint('clicks on links'),
    button_clicks: bigint('clicks on buttons'),
    labelled_clicks: bigint('clicks on labelled elements'),
    other_clicks: bigint('clicks on other elements'),
    moves: bigint('sampled mouse positions'),
    events: bigint('events of the hour, of any kind'),
    revision,
  },
})

export const funnel = defineTable({
  name: 'web_funnel',
  description: 'Sessions that entered, viewed, clicked on and went on from each page, per day and variant.',
  purpose: {
    question: 'Of the sessions that saw a page on a day, how many clicked, and how many went on to another page?',
    partitionRows: 'one for each page and variant: 6 in the scenario',
    example: { day: DAY },
  },
  person: noPerson('counts of many visitors'),
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'page', order: 'asc' },
    { column: 'variant', order: 'asc' },
  ],
  rowTime: 'day',
  columns: {
    day: text('UTC day'),
    page,
    variant,
    entered: bigint('sessions that began on the page'),
    viewed: bigint('sessions that viewed the page'),
    clicked: bigint('sessions that clicked on the page'),
    continued: bigint('sessions that viewed another page from it'),
    events: bigint('steps that are counted'),
    revision,
  },
})

export const outlines = defineTable({
  name: 'web_outlines',
  description: 'Where the parts of each page are, by layout; the newest outline.',
  purpose: {
    question: 'What does a page look like in each layout?',
    partitionRows: 'at most 3, one for each layout',
    example: { page: PAGE },
  },
  person: noPerson('where the parts of a page are, whoever saw it'),
  partitionKey: ['page'],
  clusteringKey: [{ column: 'layout', order: 'asc' }],
  rowTime: null,
  columns: {
    page,
    layout,
    seen_at: timestamp('event time of the outline'),
    document_width: int('width of the document, px'),
    document_height: int('height of the document, px'),
    boxes: text('parts of the page as JSON: tag, x, y, width and height in document px'),
  },
})

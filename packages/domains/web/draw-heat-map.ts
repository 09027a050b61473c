import { instantMs } from '@millrace/contracts'
import { shorten, write } from '@millrace/report/figure'
import { nearest } from '@millrace/runtime'
import type { DrawCommand, TableReader } from '../facets.ts'
import { funnel, heat, outlines } from './contract/tables.ts'
import { layouts, readHeatMaps } from './heat-map.ts'

/** Pages that are named where another one is asked for. */
const MOST_NAMED = 10
/** Pages of a day that are remembered. */
const MOST_PAGES = 100_000
const MOST_CHARACTERS = 80

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(instantMs(`${text}T00:00:00Z`))

/** The newest day that has pages, and the pages with views on the days that count, with how many sessions viewed them. */
async function findPages(mart: TableReader, wanted: string | undefined) {
  let newest = ''
  let pages = new Map<string, number>()
  for await (const rows of mart.scan(funnel, ['day', 'page', 'viewed']))
    for (const row of rows) {
      const day = String(row.day)
      if (wanted === undefined ? day < newest : day !== wanted) continue
      if (day !== newest) pages = new Map()
      newest = day
      const page = String(row.page)
      if (pages.has(page) || pages.size < MOST_PAGES) pages.set(page, (pages.get(page) ?? 0) + Number(row.viewed))
    }
  return { day: newest, pages }
}

function unknownPage(page: string, { day, pages }: { day: string; pages: ReadonlyMap<string, number> }): string {
  const known = [...pages].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const near = nearest(page, known)
  const named = known.slice(0, MOST_NAMED).map(name => shorten(name, MOST_CHARACTERS))
  const more = known.length > named.length ? ` and ${write(known.length - named.length, 'count')} more` : ''
  return `No page ${JSON.stringify(shorten(page, MOST_CHARACTERS))} on ${day}.${near === undefined ? '' : ` Did you mean ${shorten(near, MOST_CHARACTERS)}?`} Pages of that day: ${named.join(', ')}${more}.`
}

/** `millrace heatmap <page>`. */
export const drawHeatMap: DrawCommand = {
  name: 'heatmap',
  argument: 'page',
  description:
    'draw where visitors clicked on a page, over its outline; a page is host and path, such as shop.example/product',
  tables: [funnel, heat, outlines],
  options: [
    {
      flags: '--day <day>',
      description: 'UTC day, YYYY-MM-DD (default: the last day with pages)',
      problem: value => (isDay(value) ? null : 'a day, YYYY-MM-DD'),
    },
    {
      flags: '--layout <layout>',
      description: `${layouts.join(', ')} (default: the one with the most clicks)`,
      problem: value => (layouts.some(layout => layout === value) ? null : layouts.join(', ')),
    },
    { flags: '--moves', description: 'sampled mouse moves instead of clicks' },
  ],
  async draw(mart, page, options) {
    const wanted = typeof options.day === 'string' ? options.day : undefined
    const found = await findPages(mart, wanted)
    const { day, pages } = found
    if (pages.size === 0)
      return wanted === undefined
        ? 'No page was viewed: there is nothing to draw.'
        : `No page was viewed on ${wanted}: there is nothing to draw. Leave --day out for the last day with pages.`
    if (!pages.has(page)) return unknownPage(page, found)
    const counted = options.moves === true ? 'moves' : 'clicks'
    const maps = await readHeatMaps(mart, { page, day, counted })
    const wantedLayout = options.layout
    const there = [...maps].sort((a, b) => b.total - a.total)
    const map = wantedLayout === undefined ? there[0] : there.find(({ layout }) => layout === wantedLayout)
    const where = `${shorten(page, MOST_CHARACTERS)} on ${day}`
    if (!map)
      return there.length === 0
        ? `${where} has no ${counted} with a position: there is nothing to draw.`
        : `${where} has no ${counted} in the layout ${wantedLayout}. Layouts with ${counted}: ${there.map(({ layout, total }) => `${layout} (${write(total, 'count')})`).join(', ')}.`
    const { chart, layout, total, hasOutline } = map
    const note = hasOutline ? '' : '; the outline of this layout is not known'
    const title = `${where}, ${layout}: ${write(total, 'count')} ${counted}${note}`
    return { chart: { ...chart, title }, caption: title }
  },
}

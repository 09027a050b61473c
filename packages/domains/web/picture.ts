import { shorten, topOf, write } from '@millrace/report/figure'
import type { Picture } from '../facets.ts'
import { daysOf } from '../shown-time.ts'
import { funnel, heat, outlines } from './contract/tables.ts'
import { readHeatMaps } from './heat-map.ts'

/** Rows of a day of the funnel that are read, and pages that are drawn. */
const MOST_ROWS = 20_000
const MOST_BARS = 8
const MOST_CELLS = 40

const STEPS = ['entered', 'viewed', 'clicked', 'continued'] as const

interface PageSteps {
  readonly page: string
  readonly variant: string
  readonly counts: readonly number[]
}

const clickedOf = ({ counts }: PageSteps): number => counts[STEPS.indexOf('clicked')]!
const viewedOf = ({ counts }: PageSteps): number => counts[STEPS.indexOf('viewed')]!
const MOST_CHARACTERS = 60

/** Click heat maps of the page on which most sessions clicked, on the last day. */
export const heatPicture: Picture = {
  title: 'Where visitors clicked',
  reading:
    'The outline of the page on which most sessions clicked on the last day, in each layout. A cell is a hundredth of the width and of the height of the document; the stronger its colour, the more clicks it has.',
  tables: [funnel, heat, outlines],
  async draw({ mart, ...shown }) {
    const day = daysOf(shown).at(-1)!
    const clicked = new Map<string, number>()
    for (const row of await mart.select(funnel, { day }, { limit: MOST_ROWS }))
      clicked.set(String(row.page), (clicked.get(String(row.page)) ?? 0) + Number(row.clicked))
    const [first] = topOf([...clicked], 1, ([, sessions]) => sessions).top
    if (!first || first[1] === 0) return `Nobody clicked on ${day}.`
    const [page, sessions] = first
    const maps = await readHeatMaps(mart, { page, day, counted: 'clicks' })
    if (maps.length === 0) return `No click on ${shorten(page, MOST_CHARACTERS)} had a position on ${day}.`
    return {
      charts: maps.map(({ chart }) => chart),
      tables: maps.map(({ layout, chart: { cells } }) => {
        const { top, more } = topOf(cells, MOST_CELLS, ({ value }) => value)
        return {
          caption: `${shorten(page, MOST_CHARACTERS)} on ${day} (${write(sessions, 'count')} sessions clicked), ${layout}: cells with the most clicks`,
          columns: ['clicks', '% from the left', '% from the top'],
          rows: top.map(({ value, column, row }) => [value, column, row]),
          more,
        }
      }),
    }
  },
}

/** The steps of sessions on each page, by variant of an experiment. */
export const funnelPicture: Picture = {
  title: 'Sessions on pages, by variant',
  reading: 'Sessions that began on a page, viewed it, clicked on it, and went on from it to another page.',
  tables: [funnel],
  async draw({ mart, ...shown }) {
    const byKey = new Map<string, PageSteps>()
    for (const day of daysOf(shown))
      for (const row of await mart.select(funnel, { day }, { limit: MOST_ROWS })) {
        const [page, variant] = [String(row.page), String(row.variant)]
        const key = JSON.stringify([page, variant])
        const before = byKey.get(key)?.counts
        const counts = STEPS.map((step, index) => Number(row[step]) + (before?.[index] ?? 0))
        byKey.set(key, { page, variant, counts })
      }
    const { top, more } = topOf([...byKey.values()], MOST_BARS, viewedOf)
    if (top.length === 0) return 'No page was viewed.'
    const name = ({ page, variant }: PageSteps): string => `${shorten(page, MOST_CHARACTERS)} ${shorten(variant, 12)}`
    const rate = (steps: PageSteps): string =>
      viewedOf(steps) === 0 ? '–' : write(clickedOf(steps) / viewedOf(steps), 'percent')
    return {
      charts: [
        {
          kind: 'bars',
          title: 'Sessions by page, variant and step',
          description: top
            .map(steps => `${name(steps)}: ${rate(steps)} of ${write(viewedOf(steps), 'count')} clicked`)
            .join('; '),
          arrangement: 'grouped',
          format: 'count',
          series: STEPS,
          rows: top.map(steps => ({ label: name(steps), values: steps.counts })),
        },
      ],
      tables: [
        {
          caption: 'Sessions by page and variant',
          columns: ['page', 'variant', ...STEPS, 'clicked of viewed'],
          rows: top.map(steps => [steps.page, steps.variant, ...steps.counts, rate(steps)]),
          more,
        },
      ],
    }
  },
}

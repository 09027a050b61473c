import type { StoredRow } from '@millrace/mart'
import { write } from '@millrace/report/figure'
import type { Picture } from '../facets.ts'
import { daysOf } from '../shown-time.ts'
import { funnelTable } from './contract/tables.ts'

const STEPS = [
  { column: 'views', name: 'views of the front page' },
  { column: 'place_views', name: 'views of places' },
  { column: 'purchases', name: 'purchases' },
  { column: 'refunds', name: 'refunds' },
] as const

type Counts = readonly number[]

const countsOf = (row: StoredRow): Counts => STEPS.map(({ column }) => Number(row[column] ?? 0))
const add = (a: Counts | undefined, b: Counts): Counts => b.map((count, step) => count + (a?.[step] ?? 0))
const per = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** The steps from a view to a refund, of all guests and by gender and age band. */
export const funnelPicture: Picture = {
  title: 'From a view to a refund',
  reading:
    'How many events of each step there were, of all guests. Then, by gender and age band, how many places were bought for each view of a place.',
  tables: [funnelTable],
  async draw({ mart, fromMs, toMs }) {
    const groups = new Map<string, Counts>()
    for (const day of daysOf({ fromMs, toMs }))
      for (const row of await mart.select(funnelTable, { day })) {
        const window = Number(row.window)
        if (window + 300_000 <= fromMs || window > toMs) continue
        const group = `${row.gender}, ${row.age}`
        groups.set(group, add(groups.get(group), countsOf(row)))
      }
    if (groups.size === 0) return 'There is no event in the funnel.'
    const total = [...groups.values()].reduce<Counts | undefined>(add, undefined)!
    const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
    const rate = ([, placeViews, purchases]: Counts): number => per(purchases ?? 0, placeViews ?? 0)
    return {
      charts: [
        {
          kind: 'bars',
          title: 'Events by step',
          description: STEPS.map(({ name }, step) => `${write(total[step]!, 'count')} ${name}`).join(', '),
          arrangement: 'stacked',
          format: 'count',
          series: ['events'],
          rows: STEPS.map(({ name }, step) => ({ label: name, values: [total[step]!] })),
        },
        {
          kind: 'bars',
          title: 'Purchases per view of a place',
          description: `${write(rate(total), 'percent')} of all; by group: ${sorted.map(([group, counts]) => `${group} ${write(rate(counts), 'percent')}`).join('; ')}`,
          arrangement: 'stacked',
          format: 'percent',
          series: ['purchases per view of a place'],
          rows: sorted.map(([label, counts]) => ({ label, values: [rate(counts)] })),
        },
      ],
      tables: [
        {
          caption: 'Steps by gender and age band',
          columns: ['guests', ...STEPS.map(({ name }) => name), 'purchases per view of a place'],
          rows: [...sorted, ['all', total] as const].map(([group, counts]) => [
            group,
            ...counts,
            write(rate(counts), 'percent'),
          ]),
        },
      ],
    }
  },
}

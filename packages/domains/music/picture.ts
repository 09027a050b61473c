import { topOf, write, writeTime } from '@millrace/report/figure'
import type { Picture } from '../facets.ts'
import { hoursOf } from '../shown-time.ts'
import { hourly } from './contract/tables.ts'

const MOST_REGIONS = 12

interface Region {
  readonly name: string
  readonly plays: number[]
  mobile: number
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Where people listened, through the hours. */
export const listeningPicture: Picture = {
  title: 'Listening by hour and region',
  reading:
    'Plays of the regions with the most of them; a region is the first three characters of the postal code. With several hours, a cell is an hour of the day in UTC and the darker, the more plays it has.',
  tables: [hourly],
  async draw({ mart, fromMs, toMs }) {
    const hours = hoursOf({ fromMs, toMs })
    const regions = new Map<string, Region>()
    for (const [index, hour] of hours.entries())
      for (const row of await mart.select(hourly, { hour, dimension: 'region' })) {
        const name = String(row.value)
        const region = regions.get(name) ?? { name, plays: hours.map(() => 0), mobile: 0 }
        region.plays[index] = Number(row.plays)
        region.mobile += Number(row.mobile)
        regions.set(name, region)
      }
    const heard = hours.filter((_, index) => [...regions.values()].some(({ plays }) => plays[index]! > 0))
    if (heard.length === 0) return 'Nobody listened in the time shown.'
    const { top, more } = topOf([...regions.values()], MOST_REGIONS, ({ plays }) => sum(plays))
    const total = sum([...regions.values()].map(({ plays }) => sum(plays)))
    const description = `${write(total, 'count')} plays in ${write(regions.size, 'count')} regions; most in ${top
      .slice(0, 3)
      .map(({ name, plays }) => `${name} (${write(sum(plays), 'count')})`)
      .join(', ')}`
    const chart =
      heard.length === 1
        ? ({
            kind: 'bars',
            title: `Plays of the hour from ${writeTime(heard[0]!)} UTC`,
            description,
            arrangement: 'stacked',
            format: 'count',
            series: ['on mobile devices', 'on others'],
            rows: top.map(({ name, plays, mobile }) => ({ label: name, values: [mobile, sum(plays) - mobile] })),
          } as const)
        : ({
            kind: 'cells',
            title: 'Plays',
            description,
            format: 'count',
            columns: hours.map(writeTime),
            rows: top.map(({ name, plays }) => ({ label: name, values: plays })),
          } as const)
    return {
      charts: [chart],
      tables: [
        {
          caption: 'Plays by region and hour (UTC)',
          columns: ['region', ...hours.map(writeTime), 'all', 'on mobile devices'],
          rows: top.map(({ name, plays, mobile }) => [name, ...plays, sum(plays), mobile]),
          more,
        },
      ],
    }
  },
}

import type { TimeChart } from '@millrace/report/figure'
import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { campaignTotals, minutes } from './contract/tables.ts'
import { campaigns } from './contract/topics.ts'
import { ratesPicture } from './picture.ts'

const DAY = '2024-03-24'
const START = Date.parse(`${DAY}T11:00:00Z`)
const totalOf = (ad_id: string, impressions: number) => ({ ad_id, impressions, views: 0, click_count: 0, revision: 1 })
const minuteOf = (ad_id: string, minute: number, impressions: number, counted_clicks: number) => ({
  ...{ ad_id, day: DAY, minute: START + minute * 60_000, gender: 'female', age_band: '20-29' },
  ...{ impressions, counted_clicks, views: 0, suppressed_clicks: 0, revision: 1 },
})
const shownFor = (minutes: number): readonly [string, string] => [
  new Date(START).toISOString(),
  new Date(START + minutes * 60_000 - 1).toISOString(),
]

it('shows the rate so far where there are few impressions, by the names of the campaigns', async () => {
  await using world = await createPictureSource(...shownFor(30))
  await world.put(campaignTotals, totalOf('a', 20), totalOf('b', 30))
  await world.put(
    minutes,
    minuteOf('a', 1, 4, 4),
    minuteOf('a', 6, 6, 1),
    minuteOf('a', 22, 10, 0),
    minuteOf('b', 0, 30, 3),
  )
  const reference = { genre: 'x', start_time: DAY, end_time: DAY, description: '' }
  await world.append(campaigns.name, { key: 'a', value: { ad_id: 'a', name: 'Boots', ...reference } })
  const { charts, tables } = await drawn(ratesPicture.draw(world.source))
  const chart = charts[0] as TimeChart
  expect(chart.series.map(({ name }) => name)).toEqual(['b', 'Boots'])
  const boots = chart.series[1]!.points.map(({ timeMs, value }) => [(timeMs - START) / 60_000, value])
  // The first five minutes have four impressions, which is no rate yet.
  expect(boots).toEqual([
    [10, 0.5],
    [15, 0.5],
    [20, 0.5],
    [25, 0.25],
    [30, 0.25],
  ])
  expect(tables[0]!.rows.at(-1)).toEqual(['all', '10 %', '25 %'])
})

it('shows the rate of each step where there are enough, of the campaigns that were shown most', async () => {
  await using world = await createPictureSource(...shownFor(10))
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  await world.put(campaignTotals, ...ids.map((id, index) => totalOf(id, 100 + index)))
  await world.put(minutes, ...ids.flatMap(id => [minuteOf(id, 1, 100, 10), minuteOf(id, 6, 100, 30)]))
  const { charts, tables } = await drawn(ratesPicture.draw(world.source))
  const { series, title } = charts[0] as TimeChart
  expect(title).toBe('Click-through rate, in steps of 5 minutes')
  expect(series.map(({ name }) => name)).toEqual(['g', 'f', 'e', 'd', 'c'])
  expect(series[0]!.points.map(({ value }) => value)).toEqual([0.1, 0.3])
  expect(tables[0]!.caption).toContain('of 5 of 7 campaigns')
})

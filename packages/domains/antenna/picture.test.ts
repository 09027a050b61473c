import type { TimeChart } from '@millrace/report/figure'
import { expect, it } from 'vitest'
import { createPictureSource, drawn } from '../test/picture-source.ts'
import { quotaBreaches, sums } from './contract.ts'
import { bytesPicture } from './picture.ts'

const START = Date.parse('2024-03-24T11:00:00Z')
const WINDOW = 300_000

it('stacks the apps with the most bytes and the rest, and marks the breaches of the time shown', async () => {
  await using world = await createPictureSource('2024-03-24T11:01:00Z', '2024-03-24T11:09:00Z')
  const bytes = (id: string, window: number, value: number) => ({
    ...{ timestamp: START + window * WINDOW, type: 'app_total_bytes', id, value, events: 1, revision: 1 },
  })
  const apps = Array.from({ length: 10 }, (_, index) => `app ${index}`)
  await world.put(
    sums,
    ...apps.map((app, index) => bytes(app, 0, 1000 - index)),
    bytes('app 0', 1, 50),
    bytes('app 0', 2, 9),
  )
  await world.put(sums, { ...bytes('device', 0, 1e9), type: 'user_total_bytes' })
  const breach = (id: string, minute: number) => ({
    ...{ hour: START, id, usage: 9, quota: 5, usage_at_crossing: 6, crossed_at: START + minute * 60_000, revision: 1 },
  })
  await world.put(quotaBreaches, breach('late', 30), breach('second', 8), breach('first', 2))
  const { charts, tables } = await drawn(bytesPicture.draw(world.source))
  const { series, marks, fromMs, toMs } = charts[0] as TimeChart
  expect([fromMs, toMs]).toEqual([START, START + 2 * WINDOW])
  expect(series.map(({ name }) => name)).toEqual([...apps.slice(0, 8), '2 other apps'])
  expect(series[0]!.points.map(({ value }) => value)).toEqual([1000, 50, 50])
  expect(series.at(-1)!.points[0]!.value).toBe(992 + 991)
  expect(marks!.timesMs).toEqual([START + 2 * 60_000, START + 8 * 60_000])
  expect(tables[1]!.rows.map(([, device]) => device)).toEqual(['first', 'second'])
})

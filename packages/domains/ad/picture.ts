import type { LogReader } from '@millrace/event-log'
import { topOf, write, writeInstant } from '@millrace/report/figure'
import type { z } from 'zod'
import type { Picture } from '../facets.ts'
import { daysOf, windowsOf } from '../shown-time.ts'
import type { adCampaign } from './contract/events.ts'
import { campaignTotals, minutes } from './contract/tables.ts'
import { campaigns } from './contract/topics.ts'

/** Campaigns that are drawn. */
const MOST_CAMPAIGNS = 5
/** Campaigns that are remembered while totals are read. */
const MOST_KEPT = 1000
const STEPS_MS = [5, 10, 15, 30, 60, 120].map(minutes => minutes * 60_000)
/** Steps of the axis that are aimed at. */
const AIM = 12
/** Impressions without which a campaign has no rate. */
const LEAST = 5
/** Impressions of a campaign in a step with which its rate says something. */
const ENOUGH = 30

interface Sum {
  impressions: number
  clicks: number
}

/** Names of campaigns from their reference topic, the newest record of each. */
async function namesOf(log: LogReader, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const { partition, earliest, end } of await log.range(campaigns.name))
    for await (const records of log.read(campaigns.name, partition, earliest, end))
      for (const { key, value } of records)
        if (ids.has(key.toString('utf8'))) {
          const { ad_id, name } = JSON.parse(value.toString('utf8')) as z.infer<typeof adCampaign>
          names.set(ad_id, name)
        }
  return names
}

/** What was shown and clicked up to the end of each step. */
function runningSums(sums: readonly Sum[]): Sum[] {
  const total = { impressions: 0, clicks: 0 }
  return sums.map(({ impressions, clicks }) => {
    total.impressions += impressions
    total.clicks += clicks
    return { ...total }
  })
}

/** Click-through rates of the campaigns that were shown most. */
export const ratesPicture: Picture = {
  title: 'Click-through rate of campaigns over time',
  reading:
    'Clicks that count per impression, of the campaigns with the most impressions. Where there are few impressions, a point is the rate since the beginning of the time shown, otherwise the rate of the step that ends there. A rate of fewer than five impressions is left out.',
  tables: [campaignTotals, minutes],
  async draw({ log, mart, fromMs, toMs }) {
    let kept: { id: string; impressions: number }[] = []
    let all = 0
    for await (const page of mart.scan(campaignTotals, ['ad_id', 'impressions'])) {
      all += page.length
      for (const row of page) kept.push({ id: String(row.ad_id), impressions: Number(row.impressions) })
      if (kept.length > MOST_KEPT) kept = topOf(kept, MOST_CAMPAIGNS, ({ impressions }) => impressions).top
    }
    const { top } = topOf(kept, MOST_CAMPAIGNS, ({ impressions }) => impressions)
    const stepMs = STEPS_MS.find(step => (toMs - fromMs) / step <= AIM) ?? STEPS_MS.at(-1)!
    const starts = windowsOf({ fromMs, toMs }, stepMs)
    const names = await namesOf(log, new Set(top.map(({ id }) => id)))
    const series: { name: string; sums: Sum[] }[] = []
    for (const { id } of top) {
      const sums = starts.map(() => ({ impressions: 0, clicks: 0 }))
      for (const day of daysOf({ fromMs, toMs }))
        for (const row of await mart.select(minutes, { ad_id: id, day })) {
          const sum = sums[Math.floor((Number(row.minute) - starts[0]!) / stepMs)]
          if (!sum) continue
          sum.impressions += Number(row.impressions)
          sum.clicks += Number(row.counted_clicks)
        }
      series.push({ name: names.get(id) ?? id, sums })
    }
    const whole = ({ sums }: { sums: readonly Sum[] }): Sum => ({
      impressions: sums.reduce((total, { impressions }) => total + impressions, 0),
      clicks: sums.reduce((total, { clicks }) => total + clicks, 0),
    })
    const shown = series.filter(campaign => whole(campaign).impressions > 0)
    if (shown.length === 0) return 'No campaign was shown.'
    const impressions = shown.reduce((total, campaign) => total + whole(campaign).impressions, 0)
    const isRunning = impressions / shown.length / starts.length < ENOUGH
    const rated = shown.map(({ name, sums }) => ({ name, sums: isRunning ? runningSums(sums) : sums }))
    const step = `${stepMs / 60_000} minutes`
    const rate = ({ impressions, clicks }: Sum): string =>
      impressions === 0 ? '–' : write(clicks / impressions, 'percent')
    return {
      charts: [
        {
          kind: 'lines',
          title: isRunning ? `Click-through rate so far, every ${step}` : `Click-through rate, in steps of ${step}`,
          description: shown.map(campaign => `${campaign.name}: ${rate(whole(campaign))}`).join('; '),
          format: 'percent',
          fromMs: starts[0]!,
          toMs: starts.at(-1)! + stepMs,
          series: rated.map(({ name, sums }) => ({
            name,
            points: sums.flatMap(({ impressions, clicks }, index) =>
              impressions < LEAST ? [] : [{ timeMs: starts[index]! + stepMs, value: clicks / impressions }],
            ),
          })),
        },
      ],
      tables: [
        {
          caption: `${isRunning ? 'Click-through rates so far' : 'Click-through rates of each step'}, of ${shown.length} of ${write(all, 'count')} campaigns`,
          columns: ['until', ...shown.map(({ name }) => name)],
          rows: [
            ...starts.map((startMs, index) => [
              writeInstant(startMs + stepMs),
              ...rated.map(({ sums }) => rate(sums[index]!)),
            ]),
            ['all', ...shown.map(campaign => rate(whole(campaign)))],
          ],
        },
      ],
    }
  },
}

import { shorten, topOf, write, writeInstant } from '@millrace/report/figure'
import type { Picture } from '../facets.ts'
import { hoursOf, windowsOf } from '../shown-time.ts'
import { quotaBreaches, sums } from './contract.ts'

const WINDOW_MS = 300_000
const MOST_APPS = 8
/** Rows of a window or an hour that are read. */
const MOST_ROWS = 10_000
const MOST_BREACHES = 2000

/** Bytes of each app over time, with the moments at which devices exceeded their quotas. */
export const bytesPicture: Picture = {
  title: 'Bytes by app, and breaches of quotas',
  reading:
    'Bytes per five minutes, the apps on top of each other. A dashed line is the moment at which a device exceeded the bytes that it may send in a clock hour.',
  tables: [sums, quotaBreaches],
  async draw({ mart, fromMs, toMs }) {
    const windows = windowsOf({ fromMs, toMs }, WINDOW_MS)
    const byApp = new Map<string, number[]>()
    for (const [index, timestamp] of windows.entries())
      for (const row of await mart.select(sums, { timestamp, type: 'app_total_bytes' }, { limit: MOST_ROWS })) {
        const values = byApp.get(String(row.id)) ?? windows.map(() => 0)
        values[index] = Number(row.value)
        byApp.set(String(row.id), values)
      }
    if (byApp.size === 0) return 'No byte was sent in the time shown.'
    const breaches = []
    for (const hour of hoursOf({ fromMs, toMs }))
      breaches.push(...(await mart.select(quotaBreaches, { hour }, { limit: MOST_BREACHES })))
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    const apps = [...byApp].map(([name, values]) => ({ name, values }))
    const { top, more } = topOf(apps, MOST_APPS, ({ values }) => sum(values))
    const rest = apps.filter(app => !top.includes(app))
    const other = {
      name: `${more} other apps`,
      values: windows.map((_, index) => sum(rest.map(({ values }) => values[index]!))),
    }
    const shown = more > 0 ? [...top, other] : top
    const crossed = breaches
      .map(row => ({ timeMs: Number(row.crossed_at), row }))
      .filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
      .sort((a, b) => a.timeMs - b.timeMs)
    const ends = windows.map((_, index) => windows[index]! + WINDOW_MS)
    return {
      charts: [
        {
          kind: 'areas',
          title: 'Bytes per five minutes',
          description: `${shown.map(({ name, values }) => `${shorten(name, 24)} ${write(sum(values), 'bytes')}`).join(', ')}; ${crossed.length} breaches of quotas`,
          format: 'bytes',
          fromMs: windows[0]!,
          toMs: ends.at(-1)!,
          series: shown.map(({ name, values }) => ({
            name,
            points: [...windows, ends.at(-1)!].map((timeMs, index) => ({
              timeMs,
              value: values[Math.min(index, values.length - 1)]!,
            })),
          })),
          marks: { name: 'a device exceeds its quota', timesMs: crossed.slice(0, 200).map(({ timeMs }) => timeMs) },
        },
      ],
      tables: [
        {
          caption: 'Bytes per five minutes by app',
          columns: ['from', ...shown.map(({ name }) => shorten(name, 24))],
          rows: windows.map((startMs, index) => [writeInstant(startMs), ...shown.map(({ values }) => values[index]!)]),
        },
        {
          caption: 'Breaches of quotas',
          columns: ['time', 'device', 'quota', 'bytes at that moment', 'bytes of the hour'],
          rows: crossed.map(({ timeMs, row }) => [
            writeInstant(timeMs),
            String(row.id),
            ...[Number(row.quota), Number(row.usage_at_crossing), Number(row.usage)],
          ]),
        },
      ],
    }
  },
}

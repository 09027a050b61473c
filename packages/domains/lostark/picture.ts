import { topOf, write } from '@millrace/report/figure'
import type { Picture } from '../facets.ts'
import { daysOf } from '../shown-time.ts'
import { raids } from './contract/tables.ts'

const STATES = ['succeeded', 'failed', 'running'] as const
const MOST_RAIDS = 100_000
const MOST_BOSSES = 12

/** How the raids against each boss ended. */
export const outcomesPicture: Picture = {
  title: 'Outcomes of raids by boss',
  reading: 'Raids that began in the time shown, by how they ended. "running" is a raid whose outcome is not known yet.',
  tables: [raids],
  async draw({ mart, fromMs, toMs }) {
    const bosses = new Map<string, number[]>()
    let isCut = false
    for (const day of daysOf({ fromMs, toMs })) {
      const rows = await mart.select(raids, { day }, { limit: MOST_RAIDS })
      isCut ||= rows.length === MOST_RAIDS
      for (const row of rows) {
        const startMs = Number(row.start_time)
        if (startMs < fromMs || startMs > toMs) continue
        const counts = bosses.get(String(row.boss)) ?? STATES.map(() => 0)
        const state = STATES.findIndex(name => Object.is(name, row.state))
        if (state >= 0) counts[state] = counts[state]! + 1
        bosses.set(String(row.boss), counts)
      }
    }
    if (bosses.size === 0) return 'No raid began in the time shown.'
    const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)
    const { top } = topOf([...bosses], MOST_BOSSES, ([, counts]) => sum(counts))
    const all = STATES.map((_, state) => sum([...bosses.values()].map(counts => counts[state]!)))
    const rate = ([succeeded = 0, failed = 0]: readonly number[]): string =>
      succeeded + failed === 0 ? '–' : write(succeeded / (succeeded + failed), 'percent')
    const cut = isCut ? `; of each day the first ${write(MOST_RAIDS, 'count')}` : ''
    return {
      charts: [
        {
          kind: 'bars',
          title: 'Raids',
          description: `${STATES.map((name, state) => `${all[state]} ${name}`).join(', ')}; ${rate(all)} of the decided ones succeeded${bosses.size > top.length ? `; the ${top.length} bosses with the most raids of ${bosses.size}` : ''}`,
          arrangement: 'stacked',
          format: 'count',
          series: STATES,
          tones: ['good', 'bad', 'neutral'],
          rows: top.map(([label, values]) => ({ label, values })),
        },
      ],
      tables: [
        {
          caption: `Raids by boss and outcome${cut}`,
          columns: ['boss', ...STATES, 'success rate'],
          rows: [...[...bosses].sort(([, a], [, b]) => sum(b) - sum(a)), ['all', all] as const].map(
            ([boss, counts]) => [boss, ...counts, rate(counts)],
          ),
        },
      ],
    }
  },
}

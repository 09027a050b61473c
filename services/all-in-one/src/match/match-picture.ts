import type { Picture } from '@millrace/domains/reports'
import { drawMatch } from './draw-match.ts'
import { findWorst } from './find-match.ts'

/** What the scorer said, over time, of the player with the most alerts in a match. */
export const matchPicture: Picture = {
  title: 'Evidence against the worst offender',
  reading:
    'The score of each action and the CUSUM statistic of each kind of cheating, as the scorer had them; a triangle is an alert. "millrace match" draws any other player or match.',
  tables: [],
  async draw({ log }) {
    const worst = await findWorst(log)
    const drawn = worst && (await drawMatch(worst))
    if (!worst || !drawn) return 'There is no alert.'
    const [, ...overTime] = drawn.charts
    const rows = worst.alerts.map(({ datetime, kind = null, score, reason = null }) => [datetime, kind, score, reason])
    return {
      charts: overTime,
      tables: [{ caption: `Alerts about ${drawn.title}`, columns: ['time', 'kind', 'score', 'reason'], rows }],
    }
  },
}

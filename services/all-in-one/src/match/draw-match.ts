import type { TimeChart, TrackChart } from '@millrace/report/figure'
import { shorten, write, writeInstant } from '@millrace/report/figure'
import type { PlayerMatch } from './find-match.ts'
import { type JudgedAction, judgeMatch } from './judge-match.ts'

/** Moments of a curve that are drawn, and actions of a way. */
const MOST_MOMENTS = 150
const MOST_ACTIONS = 200
const MOST_CHARACTERS = 32

/** Charts of one player in one match, with the sentences of its alerts. */
export interface DrawnMatch {
  readonly title: string
  readonly notes: readonly string[]
  readonly charts: readonly [TrackChart, TimeChart, TimeChart] | readonly [TrackChart, TimeChart]
  /** Highest statistic of any kind, or score. */
  readonly highest: number
}

/** The highest value in each of so many parts of the time. */
function highestOf(actions: readonly JudgedAction[], measure: (action: JudgedAction) => number) {
  const [fromMs, toMs] = [actions[0]!.timeMs, actions.at(-1)!.timeMs]
  const stepMs = Math.max(1, (toMs - fromMs) / MOST_MOMENTS)
  const points = new Map<number, { timeMs: number; value: number }>()
  for (const action of actions) {
    const part = Math.floor((action.timeMs - fromMs) / stepMs)
    const value = measure(action)
    if (value >= (points.get(part)?.value ?? 0)) points.set(part, { timeMs: action.timeMs, value })
  }
  return [...points.values()].sort((a, b) => a.timeMs - b.timeMs)
}

function drawWay(actions: readonly JudgedAction[], alertMs: number | undefined): TrackChart {
  const at = alertMs === undefined ? -1 : actions.findIndex(({ timeMs }) => timeMs >= alertMs)
  const from = Math.max(0, Math.min(at - MOST_ACTIONS / 2, actions.length - MOST_ACTIONS))
  const shown = actions.slice(from, from + MOST_ACTIONS)
  const flagged = shown.filter(({ isSuspicious }) => isSuspicious).length
  return {
    kind: 'track',
    title: 'Actions',
    description: `${shown.length} actions, ${flagged} of them suspicious (a cross).`,
    reach: Math.max(1, ...shown.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)])),
    points: shown.map(({ x, y, isSuspicious }) => ({ x, y, isFlagged: isSuspicious })),
  }
}

/** Lets the scorer judge a match again and draws what it said; null for a match without actions. */
export async function drawMatch(match: PlayerMatch): Promise<DrawnMatch | null> {
  const { model, actions: judged } = await judgeMatch(match)
  const actions = judged.toSorted((a, b) => a.timeMs - b.timeMs)
  if (actions.length === 0) return null
  const alerts = match.alerts.toSorted((a, b) => Date.parse(a.datetime) - Date.parse(b.datetime))
  const [fromMs, toMs] = [actions[0]!.timeMs, actions.at(-1)!.timeMs + 1]
  const timesMs = alerts.map(({ datetime }) => Date.parse(datetime))
  const marks = { name: 'alert', timesMs: timesMs.filter(timeMs => timeMs >= fromMs && timeMs <= toMs) }
  const kinds = Object.keys(actions[0]!.statistics)
  const highest = (measure: (action: JudgedAction) => number): number => Math.max(...actions.map(measure))
  const over = { kind: 'lines', format: 'decimal', fromMs, toMs, marks } as const
  const score: TimeChart = {
    ...over,
    title: 'Score',
    description: `The highest score is ${write(
      highest(({ score }) => score),
      'decimal',
    )}.`,
    series: [{ name: 'score', points: highestOf(actions, ({ score }) => score) }],
  }
  const statistics: TimeChart = {
    ...over,
    title: 'CUSUM statistic of each kind of cheating',
    description: `Highest: ${kinds
      .map(
        kind =>
          `${kind} ${write(
            highest(action => action.statistics[kind]!),
            'decimal',
          )}`,
      )
      .join(', ')}.`,
    series: kinds.map(kind => ({ name: kind, points: highestOf(actions, action => action.statistics[kind]!) })),
  }
  const name = shorten(match.account, MOST_CHARACTERS)
  const way = drawWay(actions, marks.timesMs[0])
  const reasons = alerts.map(
    ({ datetime, kind, reason }) =>
      `${writeInstant(Date.parse(datetime))}: ${[kind, reason].filter(part => part !== undefined).join(': ') || 'reported'}.`,
  )
  return {
    title: `${name} in the match ${shorten(match.room || 'without id', 40)}`,
    notes: [
      `${actions.length} actions from ${writeInstant(fromMs)}, judged by ${model}; ${alerts.length === 0 ? 'no alert' : alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`}.`,
      ...reasons,
    ],
    charts: kinds.length > 0 ? [way, score, statistics] : [way, score],
    highest:
      kinds.length > 0
        ? Math.max(...kinds.map(kind => highest(action => action.statistics[kind]!)))
        : highest(action => action.score),
  }
}

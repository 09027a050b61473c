import { cheatKinds } from '@millrace/domains/lol/contract'
import { Counter, Histogram, type Registry } from '@millrace/runtime'
import { HONEST, secondsOfStep } from './steps/count-outcomes.ts'
import type { Tally } from './steps/tally-player.ts'

const PREFIX = 'millrace_detector_evaluator'
const DELAY_BUCKETS_S = [5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600]

/** Counts what tallies say, by what is true: scored actions, alerts, matches, and how long a detection took. */
export function createTallyMetrics(registry: Registry): (tally: Tally) => void {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `${PREFIX}_${name}`, help, labelNames, registers: [registry] })
  const actions = counter('actions_total', 'Scored actions, by what is true of them', ['truth'])
  const flagged = counter('flagged_actions_total', 'Actions that were called suspicious, by what is true of them', [
    'truth',
  ])
  const alerts = counter('alerts_total', 'Alerts by whether they are true, and by kind of cheating', [
    'outcome',
    'kind',
  ])
  const matches = counter('matches_total', 'Players and matches that ended, by what is true of them', ['truth'])
  const detected = counter('detected_matches_total', 'Of the players and matches with cheating, those with an alert', [
    'truth',
  ])
  const played = counter('honest_seconds_total', 'Seconds that honest players played, in matches that ended', [])
  const delay = new Histogram({
    name: `${PREFIX}_detection_delay_seconds`,
    help: 'Event time from the first altered action of a match to its first alert',
    labelNames: ['truth'],
    buckets: DELAY_BUCKETS_S,
    registers: [registry],
  })
  // What is counted for the first time is an increase only where it was there before, at 0.
  for (const truth of [HONEST, ...cheatKinds]) {
    for (const counted of [actions, flagged, matches]) counted.inc({ truth }, 0)
    for (const outcome of ['true', 'false']) alerts.inc({ outcome, kind: truth }, 0)
  }
  for (const truth of cheatKinds) {
    detected.inc({ truth }, 0)
    delay.zero({ truth })
  }
  return ({ counts }) => {
    for (const [path, count] of counts) {
      const [what, first = '', second = ''] = path.split('/')
      if (what === 'score') actions.inc({ truth: first }, count)
      else if (what === 'flagged') flagged.inc({ truth: first }, count)
      else if (what === 'alert') alerts.inc({ outcome: first, kind: second }, count)
      else if (what === 'match') matches.inc({ truth: first }, count)
      else if (what === 'detected') detected.inc({ truth: first }, count)
      else if (what === 'played') played.inc(count)
      else if (what === 'delay') delay.observe({ truth: first }, secondsOfStep(Number(second)))
    }
  }
}

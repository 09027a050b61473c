import { createInstantWriter } from '@millrace/contracts'
import { cheatKinds, type EvaluationTally, type Quality, qualityKinds } from '@millrace/domains/lol/contract'
import type { Group, WindowResult } from '@millrace/stream'
import { HONEST, SCORE_STEPS, secondsOfStep } from './count-outcomes.ts'

type Counts = EvaluationTally['counts']
type QualityKind = (typeof qualityKinds)[number]

const writeInstant = createInstantWriter()
const SECONDS_PER_HOUR = 3600

export const NO_COUNTS: Counts = {}

/** The counts of both. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a }
  for (const [path, number] of Object.entries(b)) sum[path] = (sum[path] ?? 0) + number
  return sum
}

/** A tally counts for each kind: what is honest is beside every one of them. */
export const qualityGroupsOf = ({ modelId }: EvaluationTally): readonly Group[] =>
  qualityKinds.map(kind => [modelId, kind])

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/**
 * Average precision: the sum over falling steps of the score of the recall that a step adds, times the precision down to it
 * (scikit-learn, average_precision_score). What has the same step counts as one.
 */
function averagePrecision(honest: readonly number[], altered: readonly number[]): number | null {
  const positives = altered.reduce((sum, count) => sum + count, 0)
  if (positives === 0) return null
  let hits = 0
  let called = 0
  let area = 0
  for (let step = SCORE_STEPS - 1; step >= 0; step--) {
    hits += altered[step]!
    called += altered[step]! + honest[step]!
    if (altered[step]! > 0) area += (altered[step]! / positives) * (hits / called)
  }
  return Math.min(area, 1)
}

/** The step in whose middle the median lies, s; null without any. */
function medianDelay(ofStep: ReadonlyMap<number, number>): number | null {
  const steps = [...ofStep].sort(([a], [b]) => a - b)
  let left = steps.reduce((sum, [, count]) => sum + count, 0) / 2
  for (const [step, count] of steps) {
    left -= count
    if (left <= 0) return Math.round(secondsOfStep(step) * 10) / 10
  }
  return null
}

/** The quality of a window, model and kind of cheating. */
export function toQuality({ windowMs, group, events, result, revision }: WindowResult<Counts>): Quality {
  const [modelId, kind] = group as [string, QualityKind]
  const kinds: readonly string[] = kind === 'all' ? cheatKinds : [kind]
  const get = (path: string): number => result[path] ?? 0
  const total = (of: (kind: string) => string): number => kinds.reduce((sum, each) => sum + get(of(each)), 0)
  const steps = Array.from({ length: SCORE_STEPS }, (_, step) => step)
  const honest = steps.map(step => get(`score/${HONEST}/${step}`))
  const altered = steps.map(step => total(each => `score/${each}/${step}`))
  const alteredCount = altered.reduce((sum, count) => sum + count, 0)
  const hits = total(each => `flagged/${each}`)
  const flagged = hits + get(`flagged/${HONEST}`)
  const trueAlerts = total(each => `alert/true/${each}`)
  // A model that names no kind is at fault for all kinds together only.
  const falseAlerts = total(each => `alert/false/${each}`) + (kind === 'all' ? get(`alert/false/${HONEST}`) : 0)
  const delays = new Map<number, number>()
  for (const [path, count] of Object.entries(result)) {
    const [what, of = '', step] = path.split('/')
    if (what === 'delay' && kinds.includes(of)) delays.set(Number(step), (delays.get(Number(step)) ?? 0) + count)
  }
  const honestHours = get('played') / SECONDS_PER_HOUR
  return {
    window: writeInstant(windowMs),
    modelId,
    kind,
    actions: honest.reduce((sum, count) => sum + count, alteredCount),
    altered: alteredCount,
    flagged,
    hits,
    // Where no action is labelled, as in the seed profile, it is not known which of the flagged ones are hits.
    precision: alteredCount === 0 ? null : shareOf(hits, flagged),
    recall: shareOf(hits, alteredCount),
    averagePrecision: averagePrecision(honest, altered),
    alerts: trueAlerts + falseAlerts,
    trueAlerts,
    falseAlerts,
    cheaters: total(each => `match/${each}`),
    detected: total(each => `detected/${each}`),
    medianDelaySeconds: medianDelay(delays),
    honestHours,
    falseAlertsPerHour: shareOf(falseAlerts, honestHours),
    events,
    revision,
  }
}

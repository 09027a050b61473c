import type { Evaluation } from './evaluate.ts'
import { number, share, withInterval } from './format.ts'
import type { Judged } from './judged.ts'
import { DEFAULT_LEVEL, OWN_TARGET_LEVEL } from './levels.ts'
import type { KindMeasure } from './measure.ts'

/** What the detector is held to, with the figure that was measured. */
export interface Goal {
  readonly goal: string
  readonly wanted: string
  readonly measured: string
  readonly isMet: boolean
}

const REPORTED = ['jump', 'snap', 'macro', 'rate'] as const
const TRIVIAL = [
  'nothing known',
  'displacement',
  '|dx| + |dy|',
  'speed',
  'z-score of the displacement',
  'actions in 10 s',
  'Isolation Forest',
  'half-space trees',
]
const NOT_TRIVIAL = ['jump', 'snap', 'macro'] as const
const MOST_TRIVIAL = 0.5

const kindsAt = ({ levels }: Evaluation, name: string): ReadonlyMap<string, KindMeasure> =>
  new Map(levels.find(({ level }) => level.name === name)!.withPath.map(measure => [measure.kind, measure]))

const atMost = (value: number | null, most: number): boolean => value !== null && value <= most
const atLeast = (value: number | null, least: number): boolean => value !== null && value >= least

function trivialGoals({ compared }: Evaluation): Goal[] {
  const { detectors } = compared.find(({ level }) => level === OWN_TARGET_LEVEL)!
  return NOT_TRIVIAL.map(kind => {
    const tried = detectors.filter(({ name }) => TRIVIAL.includes(name))
    const figures = tried.map(({ name, kinds }) => ({
      name,
      value: kinds.find(measure => measure.kind === kind)!.perPlayer,
    }))
    const best = figures.reduce((a, b) => (b.value > a.value ? b : a))
    return {
      goal: `best detector without a model, average precision per player, ${kind}${kind === 'jump' ? ' to the own target' : ''}`,
      wanted: `≤ ${MOST_TRIVIAL.toFixed(2)}`,
      measured: `${share(best.value)} (${best.name})`,
      isMet: best.value <= MOST_TRIVIAL,
    }
  })
}

function detectionGoals(evaluation: Evaluation): Goal[] {
  const kinds = kindsAt(evaluation, DEFAULT_LEVEL)
  const low = kindsAt(evaluation, 'default, 10 %')
  const found = REPORTED.map((kind): Goal => {
    const { recall, precision } = kinds.get(kind)!
    return {
      goal: `${kind}, per player: recall and precision`,
      wanted: '≥ 0.90 and ≥ 0.95',
      measured: `${withInterval(recall, share)} and ${withInterval(precision, share)}`,
      isMet: atLeast(recall.value, 0.9) && atLeast(precision.value, 0.95),
    }
  })
  const actions = (['jump', 'snap'] as const).map((kind): Goal => {
    const { actions } = kinds.get(kind)!
    return {
      goal: `${kind}: median actions to detect`,
      wanted: '≤ 60',
      measured: withInterval(actions, number),
      isMet: atMost(actions.value, 60),
    }
  })
  const seconds = ([['rate', 20] as const, ['macro', 300] as const] as const).map(([kind, most]): Goal => {
    const { seconds } = kinds.get(kind)!
    return {
      goal: `${kind}: median seconds to detect`,
      wanted: `≤ ${most}`,
      measured: withInterval(seconds, number),
      isMet: atMost(seconds.value, most),
    }
  })
  const lowShare = (['snap', 'jump'] as const).map((kind): Goal => {
    const { recallWithin } = low.get(kind)!
    return {
      goal: `${kind}, 10 % of the actions: recall within 10 minutes`,
      wanted: '≥ 0.80',
      measured: withInterval(recallWithin, share),
      isMet: atLeast(recallWithin.value, 0.8),
    }
  })
  return [...found, ...actions, ...seconds, ...lowShare]
}

function realismGoals({ activity, separability }: Judged): Goal[] {
  const separable = [
    ['event', 0.65],
    ['window of 10 s', 0.8],
  ] as const
  const areas = separable.map(([features, most]): Goal => {
    const own = separability.filter(({ features: of, tempo }) => of === features && tempo === 'recordings')
    const worst = Math.max(...own.map(({ area }) => area))
    const mean = own.reduce((sum, { area }) => sum + area, 0) / own.length
    return {
      goal: `a classifier that tells generated play from that of people who were not fitted, ${features}`,
      wanted: `≤ ${most.toFixed(2)}`,
      measured: `mean ${share(mean)}, worst pair ${share(worst)}`,
      isMet: worst <= most,
    }
  })
  const { people, simulated } = activity
  const rates = ['clicks', 'keys', 'silent', 'dispersion', 'slow', 'fast'] as const
  const furthest = Math.max(...rates.map(name => Math.abs(simulated[name] / people[name] - 1)))
  const apart = Math.max(
    ...people.autocorrelation.map((value, lag) => Math.abs(value - simulated.autocorrelation[lag]!)),
  )
  return [
    ...areas,
    {
      goal: 'statistics of League of Legends: largest difference of a rate, and of the autocorrelation',
      wanted: '≤ 10 % and ≤ 0.05',
      measured: `${(100 * furthest).toFixed(1)} % and ${apart.toFixed(3)}`,
      isMet: furthest <= 0.1 && apart <= 0.05,
    },
  ]
}

/** What was wanted, what was measured, and whether that is enough. */
export function goalsOf(evaluation: Evaluation, judged: Judged): Goal[] {
  const { perHour } = evaluation.honest.withPath
  const rate = (value: number | null): string => (value === null ? '–' : value.toFixed(3))
  return [
    ...trivialGoals(evaluation),
    ...realismGoals(judged),
    ...detectionGoals(evaluation),
    {
      goal: 'alerts per hour of honest simulated players',
      wanted: '≤ 0.02',
      measured: withInterval(perHour, rate),
      isMet: atMost(perHour.value, 0.02),
    },
  ]
}

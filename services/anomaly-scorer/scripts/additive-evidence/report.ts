import { areaUnderCurve } from '@millrace/domains/lol/fit/area-under-curve'
import { ownEvidence } from '../../src/models/additive-evidence/own-evidence.ts'
import { randomFrom } from '../../test/moves.ts'
import { sumOf } from './additive-fit.ts'
import type { Excursions } from './choose-threshold.ts'
import { type AimFit, type AimKind, fitAim, leavePairsOut, recallAt } from './fit-aim.ts'
import { alterations, type Person, samplings } from './people.ts'

const KINDS = ['jump', 'snap'] as const
const MIXTURE = 0.1
const MOST_LOG_RATIO = 4
const FALSE_SHARE = 0.01
const SHARES = [0.25, 0.1]
const TRIES = 10

interface HeldAction {
  readonly timeMs: number
  readonly honest: number | null
  readonly altered: Readonly<Record<string, number | null>>
}

/** Log likelihood ratios of a person who was left out of a fit, for each sampling. */
export interface Held {
  readonly kind: AimKind
  readonly person: number
  readonly actions: readonly (readonly HeldAction[])[]
}

/** Fits on a crowd and all but two people, in every way, and judges the two. */
export function leaveOut(people: readonly Person[], crowd: readonly Person[] = []): Held[] {
  const held: Held[] = []
  for (const kind of KINDS)
    for (const { fitted, held: left } of leavePairsOut(people)) {
      const fit = fitAim([...fitted, ...crowd], kind)
      for (const person of left) held.push({ kind, person, actions: judgeBy(fit, people[person]!) })
    }
  return held
}

/** Fits on some people and judges others. @param first number of the first of the others */
export const judgeOthers = (fitted: readonly Person[], others: readonly Person[], first: number): Held[] =>
  KINDS.flatMap(kind => {
    const fit = fitAim(fitted, kind)
    return others.map((person, n) => ({ kind, person: first + n, actions: judgeBy(fit, person) }))
  })

function judgeBy(fit: AimFit, person: Person): HeldAction[][] {
  const judge = (features: readonly number[] | null): number | null => features && sumOf(fit, features)
  return person.map(actions =>
    actions.map(({ timeMs, honest, altered }) => ({
      timeMs,
      honest: judge(honest),
      altered: Object.fromEntries(Object.entries(altered).map(([name, { features }]) => [name, judge(features)])),
    })),
  )
}

/** The statistic after each action, as the model accumulates it. */
function* statisticsOf(
  actions: Iterable<{ readonly timeMs: number; readonly ratio: number | null }>,
): Generator<number> {
  let [value, spoke, beforeMs] = [0, false, Number.NEGATIVE_INFINITY]
  for (const { timeMs, ratio } of actions) {
    if (ratio !== null) {
      const limited = Math.max(-MOST_LOG_RATIO, Math.min(MOST_LOG_RATIO, ratio))
      const own = ownEvidence(limited, spoke, timeMs - beforeMs)
      value = Math.max(0, value + Math.log(1 - MIXTURE + MIXTURE * Math.exp(own)))
      spoke = ratio > 0
      beforeMs = timeMs
    }
    yield value
  }
}

const honestOf = (actions: readonly HeldAction[]) => actions.map(({ timeMs, honest }) => ({ timeMs, ratio: honest }))

/** Peaks of a person's statistic between zeros, over every fit that left the person out and every sampling. */
export function excursionsOf(held: readonly Held[], kind: AimKind, person: number): Excursions {
  const peaks: number[] = []
  let hours = 0
  for (const each of held.filter(other => other.kind === kind && other.person === person))
    for (const actions of each.actions) {
      hours += (actions.at(-1)!.timeMs - actions[0]!.timeMs) / 3_600_000
      let peak = 0
      for (const value of statisticsOf(honestOf(actions))) {
        if (value === 0 && peak > 0) peaks.push(peak)
        peak = value === 0 ? 0 : Math.max(peak, value)
      }
      if (peak > 0) peaks.push(peak)
    }
  return { peaks, hours }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** Actions until the statistic reaches `threshold` when a share of them is altered; Infinity where it does not. */
function actionsToDetect(
  actions: readonly HeldAction[],
  cheat: { readonly name: string; readonly share: number; readonly threshold: number },
): number[] {
  const random = randomFrom(7)
  return Array.from({ length: TRIES }, () => {
    const from = Math.floor((random() * actions.length) / 2)
    const played = actions.slice(from).map(({ timeMs, honest, altered }) => ({
      timeMs,
      ratio: random() < cheat.share ? altered[cheat.name]! : honest,
    }))
    let count = 0
    for (const value of statisticsOf(played)) {
      count++
      if (value >= cheat.threshold) return count
    }
    return Number.POSITIVE_INFINITY
  })
}

/** Tables of what the fits find in people whom they did not see. */
export function reportOf(
  people: readonly Person[],
  held: readonly Held[],
  thresholds: Readonly<Record<AimKind, number>>,
): string {
  const lines = [`${people.length} people, ${people.map(([actions]) => actions!.length).join(', ')} actions`]
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  for (const [n, { name: sampling }] of samplings.entries()) {
    const known = people.map(person => person[n]!.filter(({ honest }) => honest).length / person[n]!.length)
    lines.push('', `${sampling}: known ${known.map(share => share.toFixed(2)).join(' ')}`)
    for (const [name, { kind }] of Object.entries(alterations))
      for (const by of kind === null ? KINDS : [kind]) {
        const own = held.filter(each => each.kind === by && each.person < people.length)
        const scores = own.map(({ actions }) => ({
          honest: actions[n]!.flatMap(({ honest }) => (honest === null ? [] : [honest])),
          altered: actions[n]!.flatMap(({ altered }) => (altered[name] == null ? [] : [altered[name]])),
        }))
        const tried = scores.filter(({ honest, altered }) => honest.length > 0 && altered.length > 0)
        if (tried.length === 0) continue
        const area = mean(tried.map(({ honest, altered }) => areaUnderCurve(altered, honest)))
        const recall = mean(tried.map(({ honest, altered }) => recallAt(honest, altered, FALSE_SHARE)))
        const detect = SHARES.map(share =>
          median(
            own.flatMap(({ actions }) => actionsToDetect(actions[n]!, { name, share, threshold: thresholds[by] })),
          ),
        )
        lines.push(
          `  ${by} table, ${name}: AUC ${area.toFixed(3)}, recall at 1 % ${recall.toFixed(2)}, actions to detect at 25 % and 10 %: ${detect.join(', ')}`,
        )
      }
    for (const kind of KINDS) {
      const largest = people.map((_, person) =>
        Math.max(
          0,
          ...held
            .filter(each => each.kind === kind && each.person === person)
            .flatMap(({ actions }) => [...statisticsOf(honestOf(actions[n]!))]),
        ),
      )
      lines.push(`  largest ${kind} statistic of each: ${largest.map(value => value.toFixed(1)).join(' ')}`)
    }
  }
  return lines.join('\n')
}

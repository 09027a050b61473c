import { CHEAT_KINDS, type CheatKind } from '@millrace/domains/lol/simulate/kinds'
import { averagePrecision, type CurvePoint, precisionRecall, rankOf } from './average-precision.ts'
import { bootstrap, type Estimate, median, poissonRate } from './intervals.ts'
import type { Play, Verdicts } from './play.ts'
import { ScoreCounts } from './score-counts.ts'

/** False alarms per action at which recall is stated. */
export const FALSE_SHARE = 0.01
/** Within this a cheater must be found, minutes after the first altered action. */
export const WITHIN_MINUTES = 10

/** How a detection went: from the first altered action to the alert. */
export interface Delay {
  readonly seconds: number
  readonly actions: number
  /** Of the actions those that were altered. */
  readonly altered: number
}

/** How well a model finds one kind of cheating. */
export interface KindMeasure {
  readonly kind: CheatKind
  readonly cheaters: number
  readonly altered: number
  readonly perAction: Estimate
  readonly recallAtFalseShare: Estimate
  readonly perPlayer: Estimate
  /** Cheaters who were reported, for whatever kind. */
  readonly recall: Estimate
  /** Of the players who were reported for this kind, those who cheat in any way. */
  readonly precision: Estimate
  /** Of the reported cheaters, those whom an alert of their own kind names. */
  readonly named: number
  readonly recallWithin: Estimate
  readonly seconds: Estimate
  readonly actions: Estimate
  readonly alteredActions: Estimate
  readonly delays: readonly Delay[]
  readonly curve: readonly CurvePoint[]
}

/** Alerts about people who do not cheat. */
export interface HonestMeasure {
  readonly players: number
  readonly hours: number
  readonly alerts: number
  readonly perHour: Estimate
  readonly byKind: Readonly<Record<string, number>>
}

const all = (play: Play): Uint16Array => new Uint16Array(play.players.length).fill(1)

/** First altered action of each player, as its number; -1 for none. */
function firstAltered({ players, player, isAltered }: Play): Int32Array {
  const first = new Int32Array(players.length).fill(-1)
  for (let row = player.length - 1; row >= 0; row--) if (isAltered[row]) first[player[row]!] = row
  return first
}

/** The first alert after the first altered action of each player who has both. */
function delaysOf(play: Play, { alerts }: Verdicts): (Delay | null)[] {
  const first = firstAltered(play)
  const firstAlert = play.players.map(() => Number.POSITIVE_INFINITY)
  for (const { player, action } of alerts)
    if (first[player]! >= 0 && action >= first[player]!) firstAlert[player] = Math.min(firstAlert[player]!, action)
  const [actions, altered] = [new Int32Array(play.players.length), new Int32Array(play.players.length)]
  for (let row = 0; row < play.player.length; row++) {
    const own = play.player[row]!
    if (row < first[own]! || row > firstAlert[own]!) continue
    actions[own]!++
    altered[own]! += play.isAltered[row]!
  }
  return play.players.map((_, player) => {
    const at = firstAlert[player]!
    if (!Number.isFinite(at)) return null
    const seconds = (play.timeMs[at]! - play.timeMs[first[player]!]!) / 1000
    return { seconds, actions: actions[player]!, altered: altered[player]! }
  })
}

/** Only these players, as often as `weights` says. */
const only = (play: Play, weights: ArrayLike<number>, isWanted: (cheat: CheatKind | null) => boolean): Uint16Array =>
  Uint16Array.from(play.players, ({ cheat }, player) => (isWanted(cheat) ? weights[player]! : 0))

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Measures what a model said about every kind of cheating. */
export function measureKinds(play: Play, name: string): KindMeasure[] {
  const verdicts = play.models.get(name)!
  const counts = new ScoreCounts(play, verdicts.actions)
  const rank = rankOf(verdicts.actions)
  const delays = delaysOf(play, verdicts)
  const people = play.players.length
  const reportedFor = new Map<string, Set<number>>()
  for (const { player, kind } of verdicts.alerts)
    reportedFor.set(kind, (reportedFor.get(kind) ?? new Set()).add(player))
  return CHEAT_KINDS.map(kind => {
    const isWanted = (cheat: CheatKind | null): boolean => cheat === null || cheat === kind
    const estimate = (what: string, figureOf: (weights: Uint16Array) => number | null): Estimate =>
      bootstrap(people, figureOf, `${name} ${kind} ${what}`)
    const own = play.players.flatMap(({ cheat }, player) => (cheat === kind ? [player] : []))
    const ownDelays = (weights: Uint16Array): (Delay | null)[] =>
      own.flatMap(player => Array.from({ length: weights[player]! }, () => delays[player]!))
    const found = (weights: Uint16Array, within = Number.POSITIVE_INFINITY): number | null => {
      const tried = ownDelays(weights)
      return shareOf(tried.filter(delay => delay !== null && delay.seconds <= within).length, tried.length)
    }
    const medianOf = (weights: Uint16Array, of: (delay: Delay) => number): number | null =>
      median(ownDelays(weights).flatMap(delay => (delay === null ? [] : [of(delay)])))
    const accused = [...(reportedFor.get(kind) ?? [])]
    const isCounted = (row: number): boolean => isWanted(play.players[play.player[row]!]!.cheat)
    return {
      kind,
      cheaters: own.length,
      altered: play.player.reduce(
        (sum, player, row) => sum + (play.isAltered[row] && play.players[player]!.cheat === kind ? 1 : 0),
        0,
      ),
      perAction: estimate('per action', weights => counts.averagePrecision(only(play, weights, isWanted))),
      recallAtFalseShare: estimate('recall', weights => counts.recallAt(FALSE_SHARE, only(play, weights, isWanted))),
      perPlayer: estimate('per player', weights => playerPrecision(play, verdicts.players, { kind, weights })),
      recall: estimate('reported', weights => found(weights)),
      precision: estimate('precision', weights => {
        const count = (players: readonly number[]) => players.reduce((sum, player) => sum + weights[player]!, 0)
        return shareOf(count(accused.filter(player => play.players[player]!.cheat !== null)), count(accused))
      }),
      named: own.filter(player => reportedFor.get(kind)?.has(player)).length,
      recallWithin: estimate('within', weights => found(weights, WITHIN_MINUTES * 60)),
      seconds: estimate('seconds', weights => medianOf(weights, ({ seconds }) => seconds)),
      actions: estimate('actions', weights => medianOf(weights, delay => delay.actions)),
      alteredActions: estimate('altered actions', weights => medianOf(weights, delay => delay.altered)),
      delays: own.flatMap(player => delays[player] ?? []),
      curve: precisionRecall({
        rank,
        scores: verdicts.actions,
        isCounted,
        isPositive: row => play.isAltered[row] === 1,
      }),
    }
  })
}

/** Average precision per player: those of a kind against the honest ones, by one number for each. */
export function playerPrecision(
  play: Play,
  scores: Float32Array,
  { kind, weights = all(play) }: { readonly kind: CheatKind; readonly weights?: Uint16Array },
): number | null {
  const chosen = play.players.flatMap(({ cheat }, player) =>
    cheat === null || cheat === kind ? Array.from({ length: weights[player]! }, () => player) : [],
  )
  const own = Float32Array.from(chosen, player => scores[player]!)
  return averagePrecision({
    rank: rankOf(own),
    scores: own,
    isCounted: () => true,
    isPositive: row => play.players[chosen[row]!]!.cheat === kind,
  })
}

/** Measures what a model said about honest people. */
export function measureHonest(play: Play, name: string): HonestMeasure {
  const honest = play.players.filter(({ cheat }) => cheat === null)
  const hours = honest.reduce((sum, player) => sum + player.hours, 0)
  const alerts = play.models.get(name)!.alerts.filter(({ player }) => play.players[player]!.cheat === null)
  const byKind: Record<string, number> = {}
  for (const { kind } of alerts) byKind[kind] = (byKind[kind] ?? 0) + 1
  return { players: honest.length, hours, alerts: alerts.length, perHour: poissonRate(alerts.length, hours), byKind }
}

const BINS = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

/** Of the actions with about one score, how many are altered. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly actions: number
  readonly score: number | null
  readonly altered: Estimate
}

/**
 * How the scores of a model agree with the truth, where each kind of cheating that it knows has the share of players that it
 * assumes.
 */
export function measureReliability(
  play: Play,
  name: string,
  { kinds, prior }: { readonly kinds: readonly CheatKind[]; readonly prior: number },
): ReliabilityBin[] {
  const counts = new ScoreCounts(play, play.models.get(name)!.actions)
  const people = play.players.length
  const wanted = { honest: 1 - kinds.length * prior, cheating: prior }
  const sizeOf = (kind: CheatKind | null): number => play.players.filter(({ cheat }) => cheat === kind).length
  const weightOf = new Map<CheatKind | null, number>([
    [null, wanted.honest / sizeOf(null)],
    ...kinds.map(kind => [kind, wanted.cheating / sizeOf(kind)] as const),
  ])
  const weighed = (weights: Uint16Array): Float64Array =>
    Float64Array.from(play.players, ({ cheat }, player) => weights[player]! * (weightOf.get(cheat) ?? 0))
  return BINS.slice(1).map((to, n) => {
    const from = BINS[n]!
    const own = weighed(all(play))
    const counted = Float64Array.from(play.players, ({ cheat }) => (weightOf.has(cheat) ? 1 : 0))
    return {
      from,
      to,
      actions: counts.reliability(from, to, counted).actions,
      score: counts.reliability(from, to, own).score,
      altered: bootstrap(people, weights => counts.reliability(from, to, weighed(weights)).altered, `bin ${from}`),
    }
  })
}

export interface BaselineMeasure {
  readonly kind: CheatKind
  readonly perAction: number | null
  readonly perPlayer: number
}

/** How well a value per action finds the players of a kind: the best of its mean, its 95th percentile and its maximum per player. */
export function measureBaseline(play: Play, values: Float32Array): BaselineMeasure[] {
  const byPlayer = play.players.map((): number[] => [])
  for (let row = 0; row < values.length; row++)
    if (!Number.isNaN(values[row])) byPlayer[play.player[row]!]!.push(values[row]!)
  const sorted = byPlayer.map(own => own.sort((a, b) => a - b))
  const summaries = [
    sorted.map(own => own.reduce((sum, value) => sum + value, 0) / Math.max(1, own.length)),
    sorted.map(own => own[Math.floor(0.95 * (own.length - 1))] ?? 0),
    sorted.map(own => own.at(-1) ?? 0),
  ].map(summary => Float32Array.from(summary))
  const rank = rankOf(values)
  return CHEAT_KINDS.map(kind => ({
    kind,
    perAction: averagePrecision({
      rank,
      scores: values,
      isPositive: row => play.isAltered[row] === 1,
      isCounted: row => {
        const { cheat } = play.players[play.player[row]!]!
        return !Number.isNaN(values[row]) && (cheat === null || cheat === kind)
      },
    }),
    perPlayer: Math.max(...summaries.map(summary => playerPrecision(play, summary, { kind }) ?? 0)),
  }))
}

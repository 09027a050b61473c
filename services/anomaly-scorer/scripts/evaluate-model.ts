import { parseArgs } from 'node:util'
import { type LolAlert, type LolScore, lol } from '@millrace/domains/lol/contract'
import { loadBuiltInModel, loadModel } from '../src/models/load-model.ts'
import type { Model } from '../src/models/model.ts'
import { displacementSince } from '../src/steps/measure-move.ts'
import { type Move, readMove } from '../src/steps/read-move.ts'
import { createAnomalyScorerTopology } from '../src/topology.ts'
import { averagePrecision, chooseThreshold, type Quality, qualityAt, quantile, type Scored } from './fit-statistics.ts'
import { type LabelledRun, readRuns } from './labelled-moves.ts'

/** What a detector said: a score for each move, and for each player and match. */
export interface Verdicts {
  readonly moves: Scored[]
  readonly matches: Scored[]
}

export interface RuleVerdicts extends Verdicts {
  /** For each match, whether the player was reported. */
  readonly alerted: Scored[]
  readonly alerts: number
  /** Moves and seconds from a reported cheater's first move of the match to the alert. */
  readonly delays: { readonly moves: number; readonly seconds: number }[]
}

const matchOf = ({ account, roomID }: { account: string; roomID?: string | undefined }): string =>
  `${account} ${roomID}`

/** Runs the service's own processor over a run and compares what it published with the truth. */
export async function judgeRun({ records, isCheater }: LabelledRun, model: Model): Promise<RuleVerdicts> {
  const processor = createAnomalyScorerTopology({ model }).createProcessor(lol.topics.raw, 0)
  const end = records.length
  await processor.open({ topic: lol.topics.raw.name, partition: 0, epoch: 1, committed: null, earliest: 0, end })
  const { emits } = await processor.process(records)
  const moves: Scored[] = []
  const matches = new Map<
    string,
    { score: number; positive: boolean; reported: boolean; seen: number; fromMs: number }
  >()
  const delays: { moves: number; seconds: number }[] = []
  let alerts = 0
  for (const { topic, value } of emits) {
    const event = JSON.parse(value.toString()) as LolScore | LolAlert
    const timeMs = Date.parse(event.datetime)
    const positive = isCheater(event.account, event.roomID)
    const match = matches.get(matchOf(event)) ?? { score: 0, positive, reported: false, seen: 0, fromMs: timeMs }
    matches.set(matchOf(event), match)
    if (topic === lol.topics.alerts.name) {
      alerts++
      if (positive && !match.reported) delays.push({ moves: match.seen, seconds: (timeMs - match.fromMs) / 1000 })
      match.reported = true
    } else {
      moves.push({ score: event.score, positive })
      match.seen++
      if (!(event as LolScore).warmUp) match.score = Math.max(match.score, event.score)
    }
  }
  return {
    moves,
    matches: [...matches.values()],
    alerted: [...matches.values()].map(({ reported, positive }) => ({ score: reported ? 1 : 0, positive })),
    alerts,
    delays,
  }
}

/** Scores every move by how far it went alone, and a match by its farthest move. */
export function judgeByDisplacement({ records, isCheater }: LabelledRun): Verdicts {
  const moves: Scored[] = []
  const matches = new Map<string, Scored>()
  const last = new Map<string, Move>()
  for (const record of records) {
    const read = readMove(record)
    if (read.kind !== 'ok') continue
    const move = read.value
    const previous = last.get(matchOf(move))
    last.set(matchOf(move), move)
    const score = previous ? displacementSince(previous, move) : 0
    const positive = isCheater(move.account, move.roomID)
    moves.push({ score, positive })
    if (score >= (matches.get(matchOf(move))?.score ?? 0)) matches.set(matchOf(move), { score, positive })
  }
  return { moves, matches: [...matches.values()] }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function row(name: string, scored: readonly Scored[], { precision, recall, f1 }: Quality): string {
  return `| ${name} | ${averagePrecision(scored).toFixed(4)} | ${percent(precision)} | ${percent(recall)} | ${f1.toFixed(4)} |`
}

/** The table of the README: the rule against the baselines, whose thresholds are chosen on other runs. */
export async function evaluate(tunedOn: readonly LabelledRun[], runs: readonly LabelledRun[], model: Model) {
  const rule = await Promise.all(runs.map(run => judgeRun(run, model)))
  const tuned = tunedOn.map(judgeByDisplacement)
  const fixed = runs.map(judgeByDisplacement)
  const lines: string[] = []
  for (const level of ['moves', 'matches'] as const) {
    const scores = rule.flatMap(verdicts => verdicts[level])
    const decided = level === 'moves' ? scores : rule.flatMap(({ alerted }) => alerted)
    const distances = fixed.flatMap(verdicts => verdicts[level])
    const threshold = chooseThreshold(tuned.flatMap(verdicts => verdicts[level]))
    const nothing = scores.map(({ positive }) => ({ score: 1, positive }))
    lines.push(
      `| per ${level === 'moves' ? 'move' : 'player and match'} | PR-AUC | precision | recall | F1 |`,
      '|---|---|---|---|---|',
      row(model.id, scores, qualityAt(decided, level === 'moves' ? model.thresholds.suspicious : 1)),
      row(`displacement over ${threshold.toFixed(0)}`, distances, qualityAt(distances, threshold)),
      row('everyone', nothing, qualityAt(nothing, 1)),
      '',
    )
  }
  const delays = rule.flatMap(verdicts => verdicts.delays)
  const matches = rule.reduce((sum, verdicts) => sum + verdicts.matches.length, 0)
  const alerts = rule.reduce((sum, verdicts) => sum + verdicts.alerts, 0)
  lines.push(`${matches} players and matches, ${alerts} alerts.`)
  if (delays.length > 0) {
    const [moves, seconds] = [delays.map(delay => delay.moves), delays.map(delay => delay.seconds)]
    lines.push(
      `Moves to detect: median ${quantile(moves, 0.5)}, p95 ${quantile(moves, 0.95)}; seconds: median ${quantile(seconds, 0.5).toFixed(0)}, p95 ${quantile(seconds, 0.95).toFixed(0)}.`,
    )
  }
  return lines.join('\n')
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { model: { type: 'string' }, tuned: { type: 'string', multiple: true, default: [] } },
  })
  const model = values.model ? await loadModel(values.model) : loadBuiltInModel()
  console.log(await evaluate(readRuns(values.tuned), readRuns(positionals), model))
}

import { loadBuiltInModel } from '@millrace/anomaly-scorer'
import type { CheatKind } from '@millrace/domains/lol/simulate/kinds'
import { commonOptions, DEFAULT_LEVEL, type Level, levels, OWN_TARGET_LEVEL } from './levels.ts'
import {
  type BaselineMeasure,
  type HonestMeasure,
  type KindMeasure,
  measureBaseline,
  measureHonest,
  measureKinds,
  measureReliability,
  type ReliabilityBin,
} from './measure.ts'
import { judgeByPeers } from './peers.ts'
import { type Contestant, joinPlays, type Play, playRun } from './play.ts'

const MODEL = 'additive-evidence-1'
const FIRST_MODEL = 'time-aware-rule-1'
export const WITH_PATH = `${MODEL}, with path`
export const WITHOUT_PATH = `${MODEL}, without path`
/** Kinds that the model speaks of, and the share of players that it takes to cheat in each. */
const KNOWN: readonly CheatKind[] = ['jump', 'snap', 'macro', 'rate', 'clock']
const PRIOR = 0.02

export interface LevelResult {
  readonly level: Level
  readonly withPath: readonly KindMeasure[]
  /** Of the default level only: kinds of aim are not seen without a path, and the others are as with one. */
  readonly withoutPath: readonly KindMeasure[] | null
}

/** Everything that the document states. */
export interface Evaluation {
  readonly seeds: readonly number[]
  readonly players: number
  readonly minutes: number
  readonly actions: number
  readonly levels: readonly LevelResult[]
  readonly honest: Readonly<Record<'withPath' | 'withoutPath', HonestMeasure>>
  readonly reliability: readonly ReliabilityBin[]
  readonly compared: readonly Comparison[]
}

/** What detectors without a model, and those of other libraries, find on one level. */
export interface Comparison {
  readonly level: string
  readonly detectors: readonly { readonly name: string; readonly kinds: readonly BaselineMeasure[] }[]
  /** Half-space trees judged one action in so many. */
  readonly peerStep: number
}

export interface EvaluationOptions {
  readonly seeds: readonly number[]
  readonly players: number
  readonly minutes: number
  /** Interpreter with the packages of `python/requirements.txt`. */
  readonly python: string
  readonly onStep: (line: string) => void
}

/** Whether the detectors without a model are tried on a level too. */
const isCompared = ({ name }: Level): boolean => name === DEFAULT_LEVEL || name === OWN_TARGET_LEVEL

async function play(level: Level, { seeds, players, minutes, onStep }: EvaluationOptions): Promise<Play> {
  const model = loadBuiltInModel(MODEL)
  const contestants: Contestant[] = [
    { name: WITH_PATH, model, seesPaths: true },
    ...(level.name === DEFAULT_LEVEL ? [{ name: WITHOUT_PATH, model, seesPaths: false }] : []),
    ...(isCompared(level) ? [{ name: FIRST_MODEL, model: loadBuiltInModel(FIRST_MODEL), seesPaths: true }] : []),
  ]
  const plays: Play[] = []
  for (const seed of seeds) {
    onStep(`${level.name}: seed ${seed}`)
    const options = { ...commonOptions, ...level.options, seed: String(seed) }
    plays.push(await playRun({ ...options, players: String(players), duration: `${minutes}m` }, contestants))
  }
  return joinPlays(plays)
}

function compare({ name: level }: Level, played: Play, python: string): Comparison {
  const peers = judgeByPeers(played, { python, model: WITH_PATH, kinds: KNOWN })
  const others = [[FIRST_MODEL, played.models.get(FIRST_MODEL)!.actions] as const, ...played.baselines, ...peers.scores]
  const detectors = others.map(([name, values]) => ({ name, kinds: measureBaseline(played, values) }))
  return { level, detectors, peerStep: peers.step }
}

/** Plays every level, lets the models, the baselines and the detectors of other libraries judge it, and measures them. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { seeds, players, minutes, python, onStep } = options
  const results: LevelResult[] = []
  let rest: Pick<Evaluation, 'actions' | 'honest' | 'reliability'> | null = null
  const compared: Comparison[] = []
  for (const level of levels) {
    const played = await play(level, options)
    onStep(`${level.name}: measuring`)
    results.push({
      level,
      withPath: measureKinds(played, WITH_PATH),
      withoutPath: level.name === DEFAULT_LEVEL ? measureKinds(played, WITHOUT_PATH) : null,
    })
    if (isCompared(level)) {
      onStep(`${level.name}: detectors without a model, and those of other libraries`)
      compared.push(compare(level, played, python))
    }
    if (level.name === DEFAULT_LEVEL)
      rest = {
        actions: played.player.length,
        honest: { withPath: measureHonest(played, WITH_PATH), withoutPath: measureHonest(played, WITHOUT_PATH) },
        reliability: measureReliability(played, WITH_PATH, { kinds: KNOWN, prior: PRIOR }),
      }
  }
  return { seeds, players, minutes, levels: results, compared, ...rest! }
}

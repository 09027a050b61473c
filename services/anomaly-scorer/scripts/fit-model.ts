import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { MoveFeatures } from '../src/models/time-aware-rule/features.ts'
import { displacementSince, elapsedSince } from '../src/models/time-aware-rule/measure-move.ts'
import { RatedMoves } from '../src/models/time-aware-rule/rated-moves.ts'
import { createTimeAwareRule, type TimeAwareRuleArtefact } from '../src/models/time-aware-rule/rule.ts'
import { type Move, readMove } from '../src/steps/read-move.ts'
import { chooseThreshold, fitWeights, quantile } from './fit-statistics.ts'
import { type LabelledRun, readRuns } from './labelled-moves.ts'

/** What is chosen rather than measured; see the README. */
const HISTORY = { windowMs: 180_000, minMoves: 8, horizonMs: 180_000, incidentGapMs: 300_000 }
const REACH_SHARE = 0.95
const DOUBT_SHARE = 0.999
/** Keys that make up this share of what honest players press, most frequent first, are not rare at all. */
const COMMON_SHARE = 0.9
/** The alert threshold stands nearer to the honest players than to the cheaters: sooner is worth more than surer. */
const ALERT_POSITION = 1 / 3
const ALLOWED_LATENESS_MS = 120_000

const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits))

interface LabelledMove {
  readonly move: Move
  readonly cheats: boolean
  readonly offset: number
}

function* movesOf({ records, isCheater }: LabelledRun): Generator<LabelledMove> {
  for (const record of records) {
    const read = readMove(record)
    if (read.kind !== 'ok') continue
    yield { move: read.value, cheats: isCheater(read.value.account, read.value.roomID), offset: record.offset }
  }
}

/** Scale of what honest players do: reach, speed and keys. */
export function measurePopulation(runs: readonly LabelledRun[]): Pick<TimeAwareRuleArtefact, 'reach' | 'keys'> {
  const displacements: number[] = []
  const speeds: number[] = []
  const presses = new Map<string, number>()
  for (const run of runs) {
    const last = new Map<string, Move>()
    for (const { move, cheats } of movesOf(run)) {
      if (cheats) continue
      presses.set(move.inputkey, (presses.get(move.inputkey) ?? 0) + 1)
      const previous = last.get(move.account)
      last.set(move.account, move)
      if (!previous || previous.roomID !== move.roomID || move.timeMs - previous.timeMs > HISTORY.horizonMs) continue
      const displacement = displacementSince(previous, move)
      displacements.push(displacement)
      speeds.push((displacement / Math.max(elapsedSince(previous, move), 1)) * 1000)
    }
  }
  const units = rounded(quantile(displacements, REACH_SHARE))
  const total = [...presses.values()].reduce((sum, count) => sum + count, 0)
  const byCount = [...presses].sort((a, b) => b[1] - a[1])
  const bits = byCount.map(([, count]) => -Math.log2(count / total))
  let covered = 0
  const common = byCount.findIndex(([, count]) => {
    covered += count
    return covered >= COMMON_SHARE * total
  })
  const commonBits = bits[common]!
  const rareBits = bits.at(-1)!
  const rarities = byCount.map(([, count], n) => (count / total) * Math.max(bits[n]! - commonBits, 0))
  const usualRarity = rarities.reduce((sum, rarity) => sum + rarity, 0) / (rareBits - commonBits)
  return {
    reach: {
      units,
      unitsPerSecond: rounded(quantile(speeds, DOUBT_SHARE)),
      beyondDoubt: rounded(quantile(displacements, DOUBT_SHARE) - units),
    },
    keys: {
      log2Probability: Object.fromEntries(byCount.map(([key], n) => [key, rounded(-bits[n]!)])),
      // As if the next press of an honest player were the first of its kind.
      unknownLog2Probability: rounded(-Math.log2(total + 1)),
      commonBits: rounded(commonBits),
      rareBits: rounded(rareBits),
      usualRarity: rounded(usualRarity),
    },
  }
}

/** Features of every move that is past the warm-up, with the player's match. */
function* featuresOf(run: LabelledRun, artefact: TimeAwareRuleArtefact) {
  const model = createTimeAwareRule(artefact)
  const tracks = new Map<string, RatedMoves>()
  for (const { move, cheats, offset } of movesOf(run)) {
    let track = tracks.get(move.account)
    if (!track) {
      track = new RatedMoves(model, ALLOWED_LATENESS_MS)
      tracks.set(move.account, track)
    }
    const { features } = track.add(move, offset)
    if (features.recentMoves >= artefact.history.minMoves)
      yield { features, cheats, match: `${move.account} ${move.roomID}`, score: model.score(features) }
  }
}

/** The features as the rule weighs them. */
const rowOf = ({ rating, recentMoves, recentExcess, recentRarity }: MoveFeatures, usualRarity: number): number[] => [
  rating.excess / 1000,
  recentExcess / recentMoves / 1000,
  rating.rarity / 1000,
  Math.max(recentRarity / recentMoves / 1000 - usualRarity, 0),
]

/** The whole model from labelled runs. */
export function fitModel(runs: readonly LabelledRun[], id: string, measuredOn: string): TimeAwareRuleArtefact {
  const artefact: TimeAwareRuleArtefact = {
    kind: 'time-aware-rule',
    id,
    measuredOn,
    ...measurePopulation(runs),
    history: HISTORY,
    weights: { excess: 0, recentExcess: 1, rarity: 0, recentRarity: 0 },
    thresholds: { suspicious: 1, alert: 1 },
  }
  const samples = runs.flatMap(run => [...featuresOf(run, artefact)])
  const [excess = 0, recentExcess = 0, rarity = 0, recentRarity = 0] = fitWeights(
    samples.map(({ features }) => rowOf(features, artefact.keys.usualRarity)),
    samples.map(({ cheats }) => cheats),
  ).map(weight => rounded(weight))
  const weighed = { ...artefact, weights: { excess, recentExcess, rarity, recentRarity } }

  const perMove: { score: number; positive: boolean }[] = []
  const perMatch: { score: number; positive: boolean }[] = []
  for (const run of runs) {
    const highest = new Map<string, { score: number; positive: boolean }>()
    for (const { score, cheats, match } of featuresOf(run, weighed)) {
      perMove.push({ score, positive: cheats })
      if (score >= (highest.get(match)?.score ?? 0)) highest.set(match, { score, positive: cheats })
    }
    perMatch.push(...highest.values())
  }
  return {
    ...weighed,
    thresholds: {
      suspicious: rounded(chooseThreshold(perMove), 2),
      alert: rounded(chooseThreshold(perMatch, ALERT_POSITION), 2),
    },
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { id: { type: 'string' }, about: { type: 'string' }, out: { type: 'string' } },
  })
  if (!values.id || !values.about || !values.out)
    throw new Error(
      'Usage: fit-model.ts --id <model id> --about <what the runs are> --out <file> <raw> <truth> [<raw> <truth> …]',
    )
  const model = fitModel(readRuns(positionals), values.id, values.about)
  writeFileSync(values.out, `${JSON.stringify(model, null, 2)}\n`)
  console.log(JSON.stringify(model, null, 2))
}

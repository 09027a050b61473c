import { Random } from '@millrace/simulation'
import { Hand } from '../simulate/realistic/hand.ts'
import { Pace } from '../simulate/realistic/pace.ts'
import type { Models, PaceTable } from '../simulate/realistic/play-tables.ts'
import { drawHabits } from '../simulate/realistic/pointer.ts'
import { drawTraits } from '../simulate/realistic/traits.ts'
import { type ActivityCounts, type ActivityStatistics, activityStatistics } from './activity-statistics.ts'

/** Simulated players and seconds of each trial. */
const PLAYERS = 150
const SECONDS = 400
/** Where the search begins, and the first and last step of each number. */
const BEGIN = [2.84, -0.32, 0.28, 0.36, 0.46, 0.33]
const STEPS = [0.06, 0.06, 0.06, 0.1, 0.1, 0.1]
const ROUNDS = 2
const ABILITY_SPREAD = 0.3

const paceOf = ([moves, abilities, tempoSpread, ...swings]: readonly number[]): PaceTable => ({
  moves: moves!,
  abilities: abilities!,
  tempoSpread: Math.max(0, tempoSpread!),
  abilitySpread: ABILITY_SPREAD,
  swings: swings.map(swing => Math.max(0, swing)),
})

/** Clicks and keys per second of players with a pace; the same players for the same number of them. */
export function simulateActivity(
  models: Models,
  pace: PaceTable,
  { players, seconds }: { readonly players: number; readonly seconds: number },
): ActivityCounts[] {
  return Array.from({ length: players }, (_, player) => {
    const random = new Random('fit', 'activity', player)
    const traits = drawTraits(random, pace)
    const hand = new Hand({
      models,
      traits,
      habits: drawHabits(models, random),
      random,
      roomPace: new Pace(random.int32(), pace.swings),
      ownPace: new Pace(random.int32(), pace.swings),
    })
    const clicks = new Array<number>(seconds).fill(0)
    const keys = new Array<number>(seconds).fill(0)
    for (hand.step(); hand.atMs < seconds * 1000; hand.step()) {
      const second = Math.floor(hand.atMs / 1000)
      if (hand.action === 1) clicks[second]!++
      else if (hand.action === 2) keys[second]!++
    }
    return { clicks, keys }
  })
}

/** How far two statistics are apart: squares of the differences in units of what is tolerated. */
function distance(got: ActivityStatistics, wanted: ActivityStatistics): number {
  const relative = (a: number, b: number, tolerance: number) => (Math.log(a / b) / tolerance) ** 2
  return (
    relative(got.clicks, wanted.clicks, 0.02) +
    relative(got.keys, wanted.keys, 0.03) +
    relative(got.silent, wanted.silent, 0.04) +
    relative(got.dispersion, wanted.dispersion, 0.05) +
    relative(got.fast / got.slow, wanted.fast / wanted.slow, 0.1) +
    got.autocorrelation.reduce(
      (sum, value, index) => sum + ((value - wanted.autocorrelation[index]!) / (index === 0 ? 0.02 : 0.025)) ** 2,
      0,
    )
  )
}

/** The pace with which simulated players act as often and as unevenly as those of the activity file (pattern search). */
export function calibratePace(
  models: Models,
  wanted: ActivityStatistics,
  onTrial: (distance: number, got: ActivityStatistics) => void = () => {},
): PaceTable {
  const trial = (numbers: readonly number[]): number => {
    const got = activityStatistics(simulateActivity(models, paceOf(numbers), { players: PLAYERS, seconds: SECONDS }))
    const far = distance(got, wanted)
    onTrial(far, got)
    return far
  }
  let best = BEGIN
  let least = trial(best)
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, step] of STEPS.entries())
      for (const sign of [1, -1]) {
        const numbers = best.map((value, at) => (at === index ? value + (sign * step) / 1.6 ** round : value))
        const far = trial(numbers)
        if (far >= least) continue
        best = numbers
        least = far
        break
      }
  return paceOf(best.map(value => Math.round(value * 1000) / 1000))
}

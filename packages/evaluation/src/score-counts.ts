import type { Play } from './play.ts'

/** Scores are told apart to so many places. */
const STEPS = 10_000

/** How often a player's actions got each score: bins with the counts of altered and other actions. */
type PlayerCounts = ReadonlyMap<number, readonly [altered: number, other: number]>

/** Scores of actions, counted by player: what a sample of players says is quickly found. */
export class ScoreCounts {
  readonly #players: readonly PlayerCounts[]

  /** @param scores of the play's actions, from 0 to 1 */
  constructor({ players, player, isAltered }: Play, scores: Float32Array) {
    const counts = players.map(() => new Map<number, [number, number]>())
    for (let row = 0; row < scores.length; row++) {
      const own = counts[player[row]!]!
      const bin = Math.round(scores[row]! * STEPS)
      const count = own.get(bin) ?? [0, 0]
      count[isAltered[row] ? 0 : 1]++
      own.set(bin, count)
    }
    this.#players = counts
  }

  /** Altered and other actions by score. @param weights how often each player counts */
  #sum(weights: ArrayLike<number>): { readonly altered: Float64Array; readonly other: Float64Array } {
    const [altered, other] = [new Float64Array(STEPS + 1), new Float64Array(STEPS + 1)]
    this.#players.forEach((counts, player) => {
      const weight = weights[player]!
      if (weight === 0) return
      for (const [bin, [positives, negatives]] of counts) {
        altered[bin]! += weight * positives
        other[bin]! += weight * negatives
      }
    })
    return { altered, other }
  }

  /** Average precision per altered action; null without any. */
  averagePrecision(weights: ArrayLike<number>): number | null {
    const { altered, other } = this.#sum(weights)
    let [area, positives, all] = [0, 0, 0]
    for (let bin = STEPS; bin >= 0; bin--) {
      positives += altered[bin]!
      all += altered[bin]! + other[bin]!
      if (altered[bin]! > 0) area += altered[bin]! * (positives / all)
    }
    return positives === 0 ? null : area / positives
  }

  /** Recall at the highest score that flags no more than a share of the other actions. */
  recallAt(falseShare: number, weights: ArrayLike<number>): number | null {
    const { altered, other } = this.#sum(weights)
    const others = other.reduce((sum, count) => sum + count, 0)
    const total = altered.reduce((sum, count) => sum + count, 0)
    let [found, wrong] = [0, 0]
    for (let bin = STEPS; bin >= 0; bin--) {
      if (wrong + other[bin]! > falseShare * others) break
      wrong += other[bin]!
      found += altered[bin]!
    }
    return total === 0 ? null : found / total
  }

  /** Of the actions with a score from `from` to below `to`: their mean score, the share that is altered, and how many there are. */
  reliability(from: number, to: number, weights: ArrayLike<number>) {
    const { altered, other } = this.#sum(weights)
    let [sum, positives, all] = [0, 0, 0]
    for (let bin = Math.ceil(from * STEPS); bin <= STEPS && (bin < to * STEPS || to >= 1); bin++) {
      const count = altered[bin]! + other[bin]!
      positives += altered[bin]!
      all += count
      sum += (count * bin) / STEPS
    }
    return { actions: all, score: all === 0 ? null : sum / all, altered: all === 0 ? null : positives / all }
  }
}

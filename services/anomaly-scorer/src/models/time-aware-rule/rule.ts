import { z } from 'zod'
import type { Contribution } from '../model.ts'
import type { MoveFeatures, MoveRating, TimeAwareRule } from './features.ts'

const positive = z.number().positive()
const weight = z.number().min(0).max(10)
const threshold = z.number().gt(0).max(1)

/** The artefact of a time-aware rule: every number that was measured or chosen, and nothing else. */
export const timeAwareRuleArtefact = z.strictObject({
  kind: z.literal('time-aware-rule'),
  id: z.string().regex(/^[a-z0-9-]+$/),
  /** What the numbers were measured on. */
  measuredOn: z.string(),
  reach: z.strictObject({
    unitsPerSecond: positive.describe('no honest pointer goes faster, map units per second'),
    units: positive.describe('reach of an ordinary move, however long it takes, map units'),
    beyondDoubt: positive.describe('a move that goes this far beyond its reach has the full excess, map units'),
  }),
  keys: z.strictObject({
    log2Probability: z.record(z.string(), z.number().max(0)).describe('of each key in the honest population'),
    unknownLog2Probability: z.number().max(0).describe('of a key never seen'),
    commonBits: z.number().min(0).describe('surprise of a key that is not rare at all'),
    rareBits: positive.describe('surprise of a key that is as rare as keys get'),
    usualRarity: z.number().min(0).max(1).describe('mean rarity of what honest players press'),
  }),
  history: z.strictObject({
    windowMs: z.int().positive(),
    minMoves: z.int().min(2),
    horizonMs: z.int().positive(),
    incidentGapMs: z.int().positive(),
  }),
  weights: z.strictObject({ excess: weight, recentExcess: weight, rarity: weight, recentRarity: weight }),
  thresholds: z.strictObject({ suspicious: threshold, alert: threshold }),
})

export type TimeAwareRuleArtefact = z.infer<typeof timeAwareRuleArtefact>

const UNIT = 1_000_000
const clamp01 = (value: number): number => Math.min(Math.max(value, 0), 1)
const millionths = (share: number): number => Math.round(share * UNIT)
const thousandths = (share: number): number => Math.round(clamp01(share) * 1000)
/** To thousandths, where that makes a difference, and never beyond what JSON can hold. */
const rounded = (value: number): number =>
  value < Number.MAX_SAFE_INTEGER ? Math.round(value * 1000) / 1000 : Math.min(value, Number.MAX_VALUE)

/**
 * The time-aware rule. A hand reaches `min(units, unitsPerSecond × time)`; what goes beyond is excess, growing linearly to
 * `beyondDoubt`. The score is a weighted sum of the excess and the key rarity of this move and of their means over the
 * player's recent moves (of the rarity, what is above the usual), in whole millionths, so that the contributions add up
 * exactly. A mean over fewer moves than `minMoves` is taken over `minMoves`, so first moves cannot give a high score.
 */
export function createTimeAwareRule(artefact: TimeAwareRuleArtefact): TimeAwareRule {
  const { id, history, thresholds, weights } = artefact
  const { unitsPerSecond, units, beyondDoubt } = artefact.reach
  const { log2Probability, unknownLog2Probability, commonBits, rareBits, usualRarity } = artefact.keys

  const rarityOf = (bits: number): number => thousandths((bits - commonBits) / Math.max(rareBits - commonBits, 1e-9))
  const ratingOfKey = (bits: number): MoveRating =>
    Object.freeze({ excess: 0, rarity: rarityOf(bits), feature: 'keyRarity', value: rounded(bits) })
  const keyRatings = new Map(Object.entries(log2Probability).map(([key, log2]) => [key, ratingOfKey(-log2)]))
  const unknownKey = ratingOfKey(-unknownLog2Probability)

  // What each feature adds to the score, in whole millionths.
  const thousandsOf = ({ recentMoves }: MoveFeatures): number => Math.max(recentMoves, history.minMoves) * 1000
  const ofExcess = ({ rating }: MoveFeatures): number => millionths((weights.excess * rating.excess) / 1000)
  const ofRecentExcess = (features: MoveFeatures): number =>
    millionths((weights.recentExcess * features.recentExcess) / thousandsOf(features))
  const ofRarity = ({ rating }: MoveFeatures): number => millionths((weights.rarity * rating.rarity) / 1000)
  const ofRecentRarity = (features: MoveFeatures): number =>
    millionths(weights.recentRarity * Math.max(features.recentRarity / thousandsOf(features) - usualRarity, 0))

  const ranked: Contribution[] = []
  let count = 0
  function rank(feature: string, value: number, share: number): void {
    if (share === 0) return
    const contribution = share / UNIT
    let place = count++
    for (; place > 0 && ranked[place - 1]!.contribution < contribution; place--) ranked[place] = ranked[place - 1]!
    ranked[place] = { feature, value, contribution }
  }

  return {
    id,
    history,
    thresholds,

    rate(displacement, elapsedMs, inputkey) {
      const ofKey = keyRatings.get(inputkey) ?? unknownKey
      if (displacement === null || elapsedMs === null) return ofKey
      const inTime = (unitsPerSecond * Math.max(elapsedMs, 1)) / 1000
      const isHurried = inTime < units
      const excess = thousandths((displacement - (isHurried ? inTime : units)) / beyondDoubt)
      if (excess === 0) return ofKey
      return isHurried
        ? {
            excess,
            rarity: ofKey.rarity,
            feature: 'speed',
            value: rounded((displacement / Math.max(elapsedMs, 1)) * 1000),
          }
        : { excess, rarity: ofKey.rarity, feature: 'displacement', value: rounded(displacement) }
    },

    score: features =>
      Math.min(ofExcess(features) + ofRecentExcess(features) + ofRarity(features) + ofRecentRarity(features), UNIT) /
      UNIT,

    contributions(features) {
      const { rating, recentExcess, recentRarity } = features
      const moves = thousandsOf(features)
      count = 0
      rank(rating.feature, rating.value, ofExcess(features))
      rank('recentExcess', rounded(recentExcess / moves), ofRecentExcess(features))
      rank('keyRarity', rating.rarity / 1000, ofRarity(features))
      rank('recentKeyRarity', rounded(recentRarity / moves), ofRecentRarity(features))
      return ranked.slice(0, count)
    },
  }
}

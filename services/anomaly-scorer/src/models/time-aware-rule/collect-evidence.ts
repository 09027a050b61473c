import type { LolAlert } from '@millrace/domains/lol/contract'
import type { RatedMove } from './rated-moves.ts'

const MOST_EVIDENCE = 10

/** The moves that led to an alert: the most unusual ones of the window, oldest first. */
export function collectEvidence(window: Iterable<RatedMove>): LolAlert['evidence'] {
  return [...window]
    .filter(({ rating }) => rating.excess > 0 || rating.rarity > 0)
    .sort((a, b) => b.rating.excess - a.rating.excess || b.rating.rarity - a.rating.rarity || b.timeMs - a.timeMs)
    .slice(0, MOST_EVIDENCE)
    .sort((a, b) => a.timeMs - b.timeMs)
    .map(({ eventId, timeMs, score, rating }) => ({
      sourceEventId: eventId,
      datetime: new Date(timeMs).toISOString(),
      score,
      feature: rating.feature,
      value: rating.value,
    }))
}

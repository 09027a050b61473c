import type { CheatKind, ScoreRow } from '@millrace/domains/lol/contract'

/** Numbers by what is counted: a path of words such as `score/jump/49`. */
export type Counts = ReadonlyMap<string, number>

/** Steps of the score that are told apart. */
export const SCORE_STEPS = 50
/** Each step of the delay is longer than the one before by this factor. */
const DELAY_FACTOR = 1.1
/** What nobody altered, and who plays fair. */
export const HONEST = 'honest'

const raise = (counts: Map<string, number>, path: string, by = 1): void => {
  counts.set(path, (counts.get(path) ?? 0) + by)
}

export const stepOfScore = (score: number): number => Math.min(Math.floor(score * SCORE_STEPS), SCORE_STEPS - 1)
/** @param delayMs from the first altered action to the alert; one second at least */
const stepOfDelay = (delayMs: number): number =>
  Math.floor(Math.log(Math.max(delayMs / 1000, 1)) / Math.log(DELAY_FACTOR))
/** The middle of a step of the delay, s. */
export const secondsOfStep = (step: number): number => DELAY_FACTOR ** (step + 0.5)

/** Counts a scored action by what is true of it. */
export function countAction(
  counts: Map<string, number>,
  { score, flagged, kind }: Pick<ScoreRow, 'score' | 'flagged'> & { readonly kind: CheatKind | null },
): void {
  raise(counts, `score/${kind ?? HONEST}/${stepOfScore(score)}`)
  if (flagged) raise(counts, `flagged/${kind ?? HONEST}`)
}

/** @param kind what the player does, or, of an honest one, what the alert says */
export const countAlert = (outcome: 'true' | 'false', kind: CheatKind | null): Counts =>
  new Map([[`alert/${outcome}/${kind ?? HONEST}`, 1]])

/** @param delayMs from the first altered action to the alert */
export const countDetection = (kind: CheatKind, delayMs: number): Counts =>
  new Map([
    [`detected/${kind}`, 1],
    [`delay/${kind}/${stepOfDelay(delayMs)}`, 1],
  ])

/**
 * @param kind what the player did in the match; null for an honest one
 * @param delayMs from the first altered action to the first alert; null without an alert
 */
export const countMatch = (
  kind: CheatKind | null,
  { playedMs, delayMs }: { readonly playedMs: number; readonly delayMs: number | null },
): Counts =>
  new Map([
    [`match/${kind ?? HONEST}`, 1],
    ...(kind === null ? [['played', playedMs / 1000] as const] : []),
    ...(kind !== null && delayMs !== null ? countDetection(kind, delayMs) : []),
  ])

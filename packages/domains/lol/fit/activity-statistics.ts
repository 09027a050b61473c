/** Lags at which the autocorrelation of clicks is known, s. */
export const LAGS = [1, 2, 3, 5, 10, 20, 30] as const

/** What players do per second. */
export interface ActivityStatistics {
  /** Clicks and keys per second. */
  readonly clicks: number
  readonly keys: number
  /** Share of the seconds without a click. */
  readonly silent: number
  /** Variance ÷ mean of the clicks per second. */
  readonly dispersion: number
  /** Autocorrelation of the clicks per second within a player-match, mean over those, by lag. */
  readonly autocorrelation: readonly number[]
  /** Clicks per second that 10 % and 90 % of the player-matches stay below. */
  readonly slow: number
  readonly fast: number
}

/** Counts per second of one player-match. */
export interface ActivityCounts {
  readonly clicks: readonly number[]
  /** Empty where keys were not recorded. */
  readonly keys: readonly number[]
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function autocorrelation(values: readonly number[], lag: number): number {
  const mean = meanOf(values)
  let product = 0
  let square = 0
  for (const [index, value] of values.entries()) {
    square += (value - mean) ** 2
    if (index >= lag) product += (value - mean) * (values[index - lag]! - mean)
  }
  return product / (values.length - lag) / (square / values.length)
}

/** Statistics of player-matches, each of at least a minute with clicks. */
export function activityStatistics(matches: readonly ActivityCounts[]): ActivityStatistics {
  const clicks = matches.flatMap(match => match.clicks)
  const mean = meanOf(clicks)
  const played = matches.filter(match => match.clicks.length > 60 && match.clicks.some(count => count > 0))
  const rates = played.map(match => meanOf(match.clicks)).sort((a, b) => a - b)
  return {
    clicks: mean,
    keys: meanOf(matches.flatMap(match => match.keys)),
    silent: clicks.filter(count => count === 0).length / clicks.length,
    dispersion: meanOf(clicks.map(count => (count - mean) ** 2)) / mean,
    autocorrelation: LAGS.map(lag => meanOf(played.map(match => autocorrelation(match.clicks, lag)))),
    slow: rates[Math.floor(0.1 * rates.length)]!,
    fast: rates[Math.floor(0.9 * rates.length)]!,
  }
}

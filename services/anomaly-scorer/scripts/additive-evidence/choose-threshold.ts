/** Peaks of the excursions of one person's statistic from 0, and how long the person was watched. */
export interface Excursions {
  readonly peaks: readonly number[]
  readonly hours: number
}

/** Excursions above this are counted. */
const LEVEL = 1
/** One-sided 95 %. */
const Z = 1.645

/**
 * The threshold at which the rate of false alarms is at most `perHour`: the peaks of a CUSUM's excursions fall off exponentially
 * (Siegmund 1985), the mean excess over a level and the rate of excursions over it are taken at their upper 95 % bounds over people, and the
 * result is no lower than the largest statistic of anybody and no lower than `least`.
 */
export function chooseThreshold(
  people: readonly Excursions[],
  { perHour, least }: { perHour: number; least: number },
): number {
  const excesses = people.map(({ peaks }) => peaks.filter(peak => peak > LEVEL).map(peak => peak - LEVEL))
  const count = excesses.flat().length
  if (count === 0) return least
  const largest = Math.max(...people.flatMap(({ peaks }) => peaks))
  const hours = people.reduce((sum, each) => sum + each.hours, 0)
  // The recordings of one person at several samplings are not independent: the number of people counts, not that of excursions.
  const means = excesses.filter(({ length }) => length > 0).map(each => each.reduce((a, b) => a + b, 0) / each.length)
  const mean = means.reduce((a, b) => a + b, 0) / means.length
  const deviation = Math.sqrt(means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(means.length - 1, 1))
  const meanExcess = mean + (Z * deviation) / Math.sqrt(means.length)
  const rate = (count + Z * Math.sqrt(count)) / hours
  const byRate = LEVEL + meanExcess * Math.log(Math.max(rate / perHour, 1))
  return Math.ceil(10 * Math.max(least, largest, byRate)) / 10
}

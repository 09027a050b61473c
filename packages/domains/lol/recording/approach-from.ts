import { APPROACH_MS, type Approach, type ApproachPoint, MAX_APPROACH_POINTS } from '../approach.ts'
import type { Sample } from './read-recording.ts'

/** The sample before the half second is taken too when it is no older than this more, ms. */
const SLACK_MS = 85
/** A recorder that writes only when the pointer moves leaves gaps in which the pointer rests. */
const REST_GAP_MS = 62.5
/** What the pointer may have moved in such a gap, as a share of the way of the approach. */
const REST_SHARE = 0.02

/** Index of the oldest sample of the approach to the sample at `index`; times that jump back end it. */
function oldestOf(samples: readonly Sample[], index: number): number {
  const { timeMs } = samples[index]!
  let from = index
  while (from > 0) {
    const before = samples[from - 1]!
    if (before.timeMs > samples[from]!.timeMs || timeMs - before.timeMs > APPROACH_MS + SLACK_MS) break
    from--
  }
  return from
}

/** Adds samples at which the pointer rests where a gap is one of the recorder and not of the hand. */
function withRests(samples: readonly Sample[]): Sample[] {
  let way = 0
  for (let n = 1; n < samples.length; n++)
    way += Math.hypot(samples[n]!.x - samples[n - 1]!.x, samples[n]!.y - samples[n - 1]!.y)
  return samples.flatMap((sample, n) => {
    const next = samples[n + 1]
    if (!next || next.timeMs - sample.timeMs <= REST_GAP_MS) return [sample]
    if (Math.hypot(next.x - sample.x, next.y - sample.y) > REST_SHARE * way) return [sample]
    const rests = Math.ceil((next.timeMs - sample.timeMs) / REST_GAP_MS)
    const everyMs = (next.timeMs - sample.timeMs) / rests
    return Array.from({ length: rests }, (_, rest) => ({ ...sample, timeMs: sample.timeMs + rest * everyMs }))
  })
}

/**
 * The approach to the action at `index` of a recording: the samples of the half second before it, of which as many are left out
 * evenly as an approach cannot hold. Times are rounded to ms.
 */
export function approachFrom(samples: readonly Sample[], index: number): Approach {
  const { timeMs, x, y } = samples[index]!
  const dense = withRests(samples.slice(oldestOf(samples, index), index + 1)).slice(0, -1)
  const step = Math.ceil(dense.length / MAX_APPROACH_POINTS)
  const points: ApproachPoint[] = []
  // Counted from the action, so that the newest samples are kept.
  for (let n = dense.length - 1; n >= 0; n -= step) {
    const sample = dense[n]!
    const beforeMs = Math.round(timeMs - sample.timeMs)
    if (beforeMs > (points.at(-1)?.[0] ?? 0)) points.push([beforeMs, sample.x - x, sample.y - y])
  }
  return points.reverse()
}

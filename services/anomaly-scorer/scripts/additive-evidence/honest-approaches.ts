import type { Approach, ApproachPoint } from '@millrace/domains/lol/approach'
import { APPROACH_MS, MAX_APPROACH_POINTS } from '@millrace/domains/lol/approach'
import type { Sample } from '@millrace/domains/lol/recording'

/** How the pointer of a recording is sampled anew. */
export interface Sampling {
  readonly name: string
  readonly hz: number
  /** Between two samples of the recording: `smooth` along a spline, `uneven` along it with a changing speed, `straight` on a line. */
  readonly between: 'smooth' | 'uneven' | 'straight'
  /** Positions are in whole px. */
  readonly isRounded: boolean
}

/** A recorder writes while the pointer moves: a longer gap is a rest, and the pointer left this long before its end, ms. */
const MOVE_SAMPLE_MS = 125
const REST_GAP_MS = 200

/** A person's pointer, with the rests that the recorder left out. */
export function withRests(samples: readonly Sample[]): Sample[] {
  return samples.flatMap((sample, n) => {
    const next = samples[n + 1]
    if (!next || next.timeMs - sample.timeMs <= REST_GAP_MS) return [sample]
    const held: Sample[] = [sample]
    for (let timeMs = sample.timeMs + MOVE_SAMPLE_MS; timeMs <= next.timeMs - MOVE_SAMPLE_MS; timeMs += MOVE_SAMPLE_MS)
      held.push({ ...sample, timeMs, isAction: false })
    return held
  })
}

/** Catmull–Rom spline through b and c, at the share u of the way between them. */
const spline = (points: readonly [number, number, number, number], u: number): number => {
  const [a, b, c, d] = points
  return b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
}

/** The approach to the action at `index`, as a client with this sampling would send it. */
export function approachAt(
  samples: readonly Sample[],
  index: number,
  { sampling, random }: { readonly sampling: Sampling; readonly random: () => number },
): Approach {
  const action = samples[index]!
  const periodMs = 1000 / sampling.hz
  const phaseMs = periodMs * (0.02 + 0.96 * random())
  const warps = new Map<number, number>()
  const points: ApproachPoint[] = []
  for (
    let beforeMs = phaseMs;
    beforeMs <= APPROACH_MS + periodMs && points.length < MAX_APPROACH_POINTS;
    beforeMs += periodMs
  ) {
    const atMs = action.timeMs - beforeMs
    let n = index
    while (n > 0 && samples[n]!.timeMs > atMs) n--
    const [a, b, c, d] = [
      samples[n - 1] ?? samples[n]!,
      samples[n]!,
      samples[n + 1]!,
      samples[n + 2] ?? samples[n + 1]!,
    ]
    let u = c.timeMs > b.timeMs ? (atMs - b.timeMs) / (c.timeMs - b.timeMs) : 0
    if (sampling.between === 'uneven') {
      const warp = warps.get(n) ?? Math.exp(1.4 * (random() - 0.5))
      warps.set(n, warp)
      u = u ** warp
    }
    const of = (axis: 'x' | 'y'): number =>
      sampling.between === 'straight'
        ? b[axis] + u * (c[axis] - b[axis])
        : spline([a[axis], b[axis], c[axis], d[axis]], u)
    points.push([Math.max(1, Math.round(beforeMs)), of('x') - action.x, of('y') - action.y])
  }
  return points.reverse()
}

import type { Move } from '@millrace/anomaly-scorer'

/** A detector that anybody would try first. */
export interface Baseline {
  readonly name: string
  /** Takes a move, in the order of the log; higher is more suspicious. */
  judge(move: Move): number
}

const WINDOW_MS = 10_000
const GAPS = 8

/** Makes what a baseline remembers of each player in a match. */
function perPlayer(name: string, create: () => (move: Move, before: Move | undefined) => number): Baseline {
  const known = new Map<string, { judge: ReturnType<typeof create>; before: Move | undefined }>()
  return {
    name,
    judge(move) {
      const key = `${move.account} ${move.roomID}`
      const player = known.get(key) ?? { judge: create(), before: undefined }
      known.set(key, player)
      const value = player.judge(move, player.before)
      player.before = move
      return value
    },
  }
}

const distance = (a: Move, b: Move | undefined): number => (b ? Math.hypot(a.x - b.x, a.y - b.y) : 0)
const secondsBetween = (a: Move, b: Move): number => Math.max(1, a.timeMs - b.timeMs) / 1000

/** How far a distance lies from the mean of the player's earlier ones, in standard deviations (Welford 1962). */
function zScore(): (value: number) => number {
  let [count, mean, squares] = [0, 0, 0]
  return value => {
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0
    const score = deviation > 0 ? (value - mean) / deviation : 0
    count++
    const step = value - mean
    mean += step / count
    squares += step * (value - mean)
    return score
  }
}

/** How often the player acted in the last ten seconds. */
function countRecent(): (move: Move) => number {
  const times: number[] = []
  return ({ timeMs }) => {
    times.push(timeMs)
    while (times[0]! < timeMs - WINDOW_MS) times.shift()
    return times.length
  }
}

/** How even the last gaps between actions are: minus their coefficient of variation. */
function evenness(): (move: Move, before: Move | undefined) => number {
  const gaps: number[] = []
  return (move, before) => {
    if (before) gaps.push(move.timeMs - before.timeMs)
    if (gaps.length > GAPS) gaps.shift()
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    if (gaps.length < GAPS || mean <= 0) return -10
    return -Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / mean
  }
}

/** Steps of the approach, map units. */
function stepsOf({ path = [] }: Move): number[] {
  const places = [...path.map(([, dx, dy]) => ({ dx, dy })), { dx: 0, dy: 0 }]
  return places.slice(1).map(({ dx, dy }, n) => Math.hypot(dx - places[n]!.dx, dy - places[n]!.dy))
}

/** Net ÷ total way of the approach; 0 without one. */
function straightness(move: Move): number {
  const [first] = move.path ?? []
  const way = stepsOf(move).reduce((sum, step) => sum + step, 0)
  return first && way > 0 ? Math.hypot(first[1], first[2]) / way : 0
}

/** Detectors without a model. Those of the approach see what the model sees. */
export const createBaselines = (): readonly Baseline[] => [
  { name: 'nothing known', judge: () => 1 },
  perPlayer('displacement', () => distance),
  perPlayer('|dx| + |dy|', () => (a, b) => (b ? Math.abs(a.x - b.x) + Math.abs(a.y - b.y) : 0)),
  perPlayer('speed', () => (a, b) => (b ? distance(a, b) / secondsBetween(a, b) : 0)),
  perPlayer('z-score of the displacement', () => {
    const score = zScore()
    return (a, b) => (b ? score(distance(a, b)) : 0)
  }),
  perPlayer('actions in 10 s', countRecent),
  perPlayer('evenness of 8 gaps', evenness),
  { name: 'straightness of the path', judge: straightness },
  { name: 'fastest step of the path', judge: move => Math.max(0, ...stepsOf(move)) },
]

import type { Approach, ApproachPoint } from '@millrace/domains/lol/approach'
import type { LolRaw } from '@millrace/domains/lol/contract'
import { crowd, moveAt, randomFrom } from './moves.ts'

const PERIOD_MS = 62

/** A hand that bends and changes its speed: the way to an action at 16 Hz, in units of `scale`. */
export function bentPath(random: () => number, scale = 1): Approach {
  const points: ApproachPoint[] = []
  let angle = 2 * Math.PI * random()
  let [x, y] = [0, 0]
  const turn = (random() < 0.5 ? -1 : 1) * (0.25 + 0.5 * random())
  // Backwards from the action, where the hand is slow.
  for (let n = 0; n < 8; n++) {
    const speed = 8 + 90 * Math.sin((Math.PI * (n + random())) / 9) * (0.4 + random())
    x -= speed * scale * Math.cos(angle)
    y -= speed * scale * Math.sin(angle)
    angle += turn + 0.5 * (random() - 0.5)
    points.push([Math.round((n + 0.5) * PERIOD_MS) + 1, x, y])
  }
  return points.reverse()
}

export interface Play {
  readonly seed: number
  readonly actions: number
  readonly fields?: Partial<LolRaw>
  /** Ids begin here. */
  readonly first?: number
  readonly fromSeconds?: number
  /** What happens to the path of an action. */
  readonly alter?: (path: Approach, n: number) => Approach
  readonly scale?: number
}

/** A player who acts about twice a second, with a path at each action. */
export function play({ seed, actions, fields, first = 1, fromSeconds = 0, alter, scale = 1 }: Play): LolRaw[] {
  const random = randomFrom(seed)
  let seconds = fromSeconds
  return Array.from({ length: actions }, (_, n) => {
    seconds += 0.15 + 0.7 * random() + (random() < 0.05 ? 3 * random() : 0)
    const path = bentPath(random, scale)
    const [x, y] = [Math.round(800 * random()) * scale, Math.round(600 * random()) * scale]
    return moveAt(first + n, seconds, {
      x,
      y,
      path: [...(alter?.(path, n) ?? path)].map(point => [...point]),
      ...fields,
    })
  })
}

/** The crowd, with paths; a share of the approaches of its cheaters is altered. */
export function crowdWithPaths(
  options: Parameters<typeof crowd>[0],
  share: number,
  alter: (path: Approach) => Approach,
): LolRaw[] {
  const random = randomFrom(options.seed + 1)
  const paths = new Map<string, Approach>()
  return crowd(options).map(event => {
    const known = paths.get(event.eventId)
    const own = known ?? bentPath(random)
    const cheats = Number(event.account.slice('player-'.length)) % 5 === 0
    const path = known ?? (cheats && random() < share ? alter(own) : own)
    paths.set(event.eventId, path)
    return { ...event, path: path.map(point => [...point]) }
  })
}

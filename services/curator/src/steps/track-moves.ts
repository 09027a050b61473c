import { EventTimeWindow, type TimedEntry } from '@millrace/stream'
import type { PlayerAction } from './read-action.ts'

/** An action as it is remembered. */
export interface TrackedAction extends TimedEntry {
  readonly isMove: boolean
  readonly x: number
  readonly y: number
  readonly roomID: string | undefined
}

export interface TrackOptions {
  /** An action that is older than the player's newest by more than this is late: it is told nothing and leaves no trace. */
  readonly allowedLatenessMs: number
  /** A longer pause ends what belongs together: the next move is a first one. */
  readonly horizonMs: number
}

export type Tracked =
  | { readonly kind: 'fresh'; readonly previousMove: TrackedAction | null }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'late' }

/** The latest actions of one player; finds the move before another by event time. */
export class PlayerTrack {
  readonly #actions = new EventTimeWindow<TrackedAction>()
  readonly #options: TrackOptions

  constructor(options: TrackOptions) {
    this.#options = options
  }

  /** Adds an action and finds the move before it, in the same match and within the horizon. */
  add({ event, timeMs }: PlayerAction): Tracked {
    const actions = this.#actions
    const { allowedLatenessMs, horizonMs } = this.#options
    if (actions.has(event.eventId)) return { kind: 'duplicate' }
    if (timeMs < actions.newestMs - allowedLatenessMs) return { kind: 'late' }
    const { eventId, x, y, roomID } = event
    const isMove = event.method === '/move'
    const index = actions.insert({ timeMs, eventId, isMove, x, y, roomID })
    let previousMove: TrackedAction | null = null
    for (let i = index - 1; isMove && i >= 0; i--) {
      const action = actions.at(i)!
      if (action.roomID !== roomID || timeMs - action.timeMs > horizonMs) break
      if (!action.isMove) continue
      previousMove = action
      break
    }
    actions.dropBefore(actions.newestMs - allowedLatenessMs - horizonMs)
    return { kind: 'fresh', previousMove }
  }
}

import { EventTimeWindow, type TimedEntry } from '@millrace/stream'
import type { PlayerAction } from './read-action.ts'

/** An action as it is remembered. */
export interface TrackedAction extends TimedEntry {
  readonly isMove: boolean
  readonly x: number
  readonly y: number
  readonly roomID: string | null | undefined
}

export interface TrackOptions {
  /** How much older than the player's newest an action may come; older ones are not to be added. */
  readonly allowedLatenessMs: number
  /** A longer pause ends what belongs together: the next move is a first one. */
  readonly horizonMs: number
}

/** The latest actions of one player; finds the move before another by event time. */
export class PlayerTrack {
  readonly #actions: EventTimeWindow<TrackedAction>
  readonly #horizonMs: number

  constructor({ allowedLatenessMs, horizonMs }: TrackOptions) {
    this.#actions = new EventTimeWindow({ keepMs: allowedLatenessMs + horizonMs })
    this.#horizonMs = horizonMs
  }

  /** Offset from which replaying gives this track again. */
  get dependsFrom(): number {
    return this.#actions.dependsFrom
  }

  /** Adds an action; for a move, returns the one before it, in the same match and within the horizon. */
  add({ event, timeMs }: PlayerAction, offset: number): TrackedAction | null {
    const { x, y, roomID } = event
    const isMove = event.method === '/move'
    let index = this.#actions.insert({ timeMs, isMove, x, y, roomID }, offset)
    while (isMove) {
      const previous = this.#actions.at(--index)
      if (!previous || previous.roomID !== roomID || timeMs - previous.timeMs > this.#horizonMs) break
      if (previous.isMove) return previous
    }
    return null
  }
}

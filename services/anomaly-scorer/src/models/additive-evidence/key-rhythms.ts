import { Rhythm } from './rhythm.ts'

/** Keys whose rhythm is followed at the same time; a click is one of them. */
const KEYS = 3

interface KeyRhythm {
  readonly key: string
  readonly rhythm: Rhythm
  lastMs: number
}

/** The rhythm of each key, so that what is pressed between does not hide a program that presses one of them. */
export class KeyRhythms {
  /** The latest first. */
  readonly #keys: KeyRhythm[] = []

  /** Gaps of the run that goes on, of the latest key. */
  get run(): number {
    return this.#keys[0]?.rhythm.run ?? 0
  }

  /**
   * Works one press in; the spread of the run that it ends, or null.
   * @param sinceMs ms of the segment
   */
  add(key: string, sinceMs: number): number | null {
    const keys = this.#keys
    const place = keys.findIndex(each => each.key === key)
    if (place < 0) {
      if (keys.length === KEYS) keys.pop()
      keys.unshift({ key, rhythm: new Rhythm(), lastMs: sinceMs })
      return null
    }
    const [own] = keys.splice(place, 1) as [KeyRhythm]
    keys.unshift(own)
    const gapMs = sinceMs - own.lastMs
    own.lastMs = sinceMs
    return own.rhythm.add(gapMs)
  }
}

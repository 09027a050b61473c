import type { AdTargetModel, Behaviour } from '../contract.ts'
import { partOfDay } from './part-of-day.ts'

/** Different tracks that are remembered of a customer: a bound of memory, and of the size of a record. */
export const MOST_TRACKS = 10_000

/** An SMS that was asked for. */
export type LastRequest = NonNullable<Behaviour['state']['request']>

export interface CountedListen {
  readonly eventId: string
  readonly trackId: number
  readonly timeMs: number
  readonly isMobile: boolean
  readonly offset: number
}

/** How one customer listens, since the first listen. */
export class CustomerProfile {
  readonly customerId: number
  readonly parts = { morning: 0, afternoon: 0, evening: 0, night: 0 }
  plays = 0
  mobile = 0
  lastMs = Number.NEGATIVE_INFINITY
  lastEventId = ''
  /** Whether the time of the newest listen is plausible; until one is, the first listen stands in for it. */
  hasDay = false
  /** Offset behind the last listen that is counted. */
  revision = 0
  request: LastRequest | null = null
  /** Ascending. */
  #tracks: number[] = []

  constructor(customerId: number) {
    this.customerId = customerId
  }

  /** A profile as it was published. */
  static restore({ customer_id: customerId, plays, mobile, lastListenAt, revision, state, ...counts }: Behaviour) {
    const profile = new CustomerProfile(customerId)
    const { morning, afternoon, evening, night } = counts
    Object.assign(profile.parts, { morning, afternoon, evening, night })
    const { lastEventId, hasDay, request, tracks } = state
    Object.assign(profile, { plays, mobile, lastMs: Date.parse(lastListenAt), lastEventId, hasDay, revision, request })
    profile.#tracks = [...tracks]
    return profile
  }

  get tracks(): readonly number[] {
    return this.#tracks
  }

  /**
   * Adds a listen.
   * @param isPlausible whether its time is plausible; that of the newest listen is, if there is any
   * @returns false where its track is one too many to be remembered
   */
  add({ eventId, trackId, timeMs, isMobile, offset }: CountedListen, isPlausible: boolean): boolean {
    this.plays++
    this.parts[partOfDay(timeMs)]++
    if (isMobile) this.mobile++
    const isFirst = this.lastEventId === ''
    if (isFirst || (isPlausible && (!this.hasDay || timeMs > this.lastMs))) {
      this.lastMs = timeMs
      this.lastEventId = eventId
      this.hasDay = isPlausible
    }
    this.revision = offset + 1
    return this.#addTrack(trackId)
  }

  #addTrack(trackId: number): boolean {
    const tracks = this.#tracks
    let low = 0
    let high = tracks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (tracks[middle]! < trackId) low = middle + 1
      else high = middle
    }
    if (tracks[low] === trackId) return true
    if (tracks.length >= MOST_TRACKS) return false
    tracks.splice(low, 0, trackId)
    return true
  }

  /** UTC day of the newest listen. */
  get day(): string {
    return new Date(this.lastMs).toISOString().slice(0, 10)
  }
}

/**
 * Probability that a customer clicks an offer, by the model: logistic function of the weighted shares of plays and of unique
 * tracks ÷ plays; to six digits, as it is published.
 */
export function clickProbability({ coefficients, intercept }: AdTargetModel, profile: CustomerProfile): number {
  const { plays, parts, mobile, tracks } = profile
  const { morning, afternoon, evening, night } = parts
  const features = [morning, afternoon, evening, night, mobile, tracks.length]
  const weighted = features.reduce((sum, count, index) => sum + coefficients[index]! * (count / plays), intercept)
  return Math.round(1e6 / (1 + Math.exp(-weighted))) / 1e6
}

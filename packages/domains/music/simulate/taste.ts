import type { Random } from '@millrace/simulation'
import type { Customer, Track } from '../contract.ts'

/** Share of the listens of a level that are on mobile devices: Free, Silver, Gold. */
export const MOBILE_SHARES = [0.5, 0.72, 0.83] as const
/** Customers listen mostly on mobile devices or mostly at home, each with a share about one of these. */
const MOBILE = { atHome: 0.1, onTheMove: 0.94, spread: 0.06 }
/** Customers look for new tracks or play their favourites, each with a variety about one of these. */
const VARIETY = { favourites: 0.15, newTracks: 0.9, spread: 0.1 }
const NEW_TRACKS_SHARE = 0.5
const FAVOURITES = 3
/** How often one plays music: lognormal with this deviation, so that few customers play most of it. */
const RATE_SIGMA = 1
/** Who clicks offers: who listens on mobile devices and looks for new tracks, but for so many who do the opposite. */
const CLICKS = { mobile: 0.5, variety: 0.5, opposite: 0.02 }
/** How far down the list of tracks the popular ones go: the n-th is drawn with weight 1 ÷ (n + this). */
const TAIL = 5

/** What a customer is like, apart from chance. */
export interface Taste {
  /** Times the average number of listens. */
  readonly rate: number
  readonly mobile: number
  /** How likely the next track is none of the favourites. */
  readonly variety: number
  readonly clicks: boolean
  /** Hour of the day (UTC) about which the customer listens most. */
  readonly favouriteHour: number
  readonly favourites: readonly Track[]
}

/** Tracks with a long tail: some are played by everybody, most by few. */
export class Charts {
  readonly #tracks: readonly Track[]
  /** Sum of the weights up to each track. */
  readonly #sums: Float64Array

  constructor(tracks: readonly Track[], random: Random) {
    this.#tracks = random.sample(tracks, tracks.length)
    let sum = 0
    this.#sums = Float64Array.from(tracks, (_, index) => {
      sum += 1 / (index + TAIL)
      return sum
    })
  }

  draw(random: Random): Track {
    const wanted = random.float() * this.#sums.at(-1)!
    let low = 0
    let high = this.#sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sums[middle]! <= wanted) low = middle + 1
      else high = middle
    }
    return this.#tracks[low]!
  }
}

/** Normal with mean 0 and deviation 1 (Box and Muller, 1958). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())

export function drawTaste({ Level }: Customer, charts: Charts, random: Random): Taste {
  const onTheMoveShare = (MOBILE_SHARES[Level]! - MOBILE.atHome) / (MOBILE.onTheMove - MOBILE.atHome)
  const about = (middle: number, spread: number): number => middle + spread * (2 * random.float() - 1)
  const mobile = about(random.chance(onTheMoveShare) ? MOBILE.onTheMove : MOBILE.atHome, MOBILE.spread)
  const variety = about(random.chance(NEW_TRACKS_SHARE) ? VARIETY.newTracks : VARIETY.favourites, VARIETY.spread)
  const isLikely = mobile > CLICKS.mobile && variety > CLICKS.variety
  return {
    // The mean of a lognormal is exp(sigma² ÷ 2).
    rate: Math.exp(RATE_SIGMA * normal(random) - RATE_SIGMA ** 2 / 2),
    mobile,
    variety,
    clicks: isLikely !== random.chance(CLICKS.opposite),
    favouriteHour: random.int(0, 23),
    favourites: Array.from({ length: FAVOURITES }, () => charts.draw(random)),
  }
}

import type { GoldenRow } from '@millrace/simulation'
import { type AdTargetModel, type Customer, GOLD, type MusicRaw } from '../contract.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

interface Listening {
  readonly customer: Customer
  morning: number
  afternoon: number
  evening: number
  night: number
  plays: number
  mobile: number
  readonly tracks: Set<number>
  lastMs: number
  lastEventId: string
  /** Of the newest listen, in days since 1970. */
  day: number
  lastRequestDay: number
}

/** How customers listen, what the model says of them, and who gets a message. */
export class GoldenProfiles {
  readonly #model: AdTargetModel | null
  readonly #listening = new Map<number, Listening>()
  /** Predictions of days that are over. */
  readonly #ended: GoldenRow[] = []
  readonly #sms: GoldenRow[] = []

  constructor(model: AdTargetModel | null) {
    this.#model = model
  }

  note({ eventId, track_id, ismobile }: MusicRaw, customer: Customer, timeMs: number): void {
    const listening = this.#listening.get(customer.CustID) ?? {
      ...{ customer, morning: 0, afternoon: 0, evening: 0, night: 0, plays: 0, mobile: 0, tracks: new Set<number>() },
      ...{
        lastMs: Number.NEGATIVE_INFINITY,
        lastEventId: '',
        day: Number.NEGATIVE_INFINITY,
        lastRequestDay: Number.NEGATIVE_INFINITY,
      },
    }
    this.#listening.set(customer.CustID, listening)
    const day = Math.floor(timeMs / DAY_MS)
    if (day > listening.day && listening.plays > 0) this.#ended.push(...this.#predictionOf(listening))
    const hour = Math.floor((timeMs % DAY_MS) / HOUR_MS)
    if (hour < 5 || hour >= 22) listening.night++
    else if (hour < 12) listening.morning++
    else if (hour < 17) listening.afternoon++
    else listening.evening++
    listening.plays++
    listening.mobile += ismobile
    listening.tracks.add(track_id)
    if (timeMs > listening.lastMs) {
      listening.lastMs = timeMs
      listening.lastEventId = eventId
      listening.day = day
    }
    this.#ask(listening)
  }

  #probabilityOf(listening: Listening, { coefficients, intercept }: AdTargetModel): number {
    const { morning, afternoon, evening, night, mobile, tracks, plays } = listening
    let logit = intercept
    for (const [index, count] of [morning, afternoon, evening, night, mobile, tracks.size].entries())
      logit += (count / plays) * coefficients[index]!
    return Math.round(1e6 / (1 + Math.exp(-logit))) / 1e6
  }

  #predictionOf(listening: Listening): readonly GoldenRow[] {
    const model = this.#model
    if (!model) return []
    const { customer, day, plays } = listening
    const probability = this.#probabilityOf(listening, model)
    const clicks = plays >= model.minPlays && probability >= model.threshold
    const target = clicks && customer.Status === 1 && customer.Level !== GOLD
    const row = { day: dayText(day), customer_id: customer.CustID, model_version: model.version }
    return [{ ...row, probability, clicks, target }]
  }

  #ask(listening: Listening): void {
    const model = this.#model
    const { customer, day, plays, lastMs, lastEventId } = listening
    if (!model || listening.lastRequestDay >= day || customer.Status !== 1 || customer.Level === GOLD) return
    if (plays < model.minPlays || this.#probabilityOf(listening, model) < model.threshold) return
    listening.lastRequestDay = day
    const [campaign_day, customer_id] = [dayText(day), customer.CustID]
    this.#sms.push({
      ...{ campaign_day, customer_id, request_id: `${customer_id}@${campaign_day}`, source_event_id: lastEventId },
      ...{ datetime: lastMs, model_version: model.version },
    })
  }

  /** Rows of `music_behaviour`. */
  behaviour(): readonly GoldenRow[] {
    return Array.from(this.#listening, ([customer_id, { tracks, lastMs, ...counts }]) => {
      const { plays, morning, afternoon, evening, night, mobile } = counts
      return {
        ...{ customer_id, plays, morning, afternoon, evening, night, mobile },
        ...{ tracks: tracks.size, last_listen: lastMs },
      }
    })
  }

  /** Rows of `music_predictions`. */
  predictions(): readonly GoldenRow[] {
    return [...this.#ended, ...[...this.#listening.values()].flatMap(listening => this.#predictionOf(listening))]
  }

  /** Rows of `music_sms`. */
  sms(): readonly GoldenRow[] {
    return this.#sms
  }
}

import { ageBandOf } from '@millrace/contracts'
import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import { type AdRaw, ad } from '../contract.ts'

const MINUTE_MS = 60_000
/** A click counts when the last counted one of the viewer on the ad is at least this long before it. */
const SUPPRESSION_MS = 60_000

interface Sums {
  impressions: number
  views: number
  counted: number
  suppressed: number
  viewedMs: number
  events: number
}

interface SentClick {
  readonly timeMs: number
  readonly eventId: string
  /** Of the minute, the campaign and the viewer. */
  readonly sums: readonly Sums[]
}

/** Sums by a name, each with what makes its row. */
class SumsBy<Key> {
  readonly #sums = new Map<string, { readonly key: Key; readonly sums: Sums }>()

  of(name: string, key: Key): Sums {
    const known = this.#sums.get(name)
    if (known) return known.sums
    const sums = { impressions: 0, views: 0, counted: 0, suppressed: 0, viewedMs: 0, events: 0 }
    this.#sums.set(name, { key, sums })
    return sums
  }

  rows(toRow: (key: Key, sums: Sums) => GoldenRow): GoldenRow[] {
    return [...this.#sums.values()].map(({ key, sums }) => toRow(key, sums))
  }
}

const ctrOf = ({ counted, impressions }: Sums): number | null => (impressions > 0 ? counted / impressions : null)

/** Counts what the simulation sends, and knows from it what the tables of the domain have to hold. */
export class CampaignTally implements GoldenTally {
  readonly #minutes = new SumsBy<{ adId: string; minuteMs: number; gender: string; ageBand: string }>()
  readonly #campaigns = new SumsBy<string>()
  readonly #viewers = new SumsBy<string>()
  /** By viewer and ad. */
  readonly #clicks = new Map<string, SentClick[]>()

  note(record: SimulatedRecord): void {
    if (record.topic !== ad.topics.raw.name || !isNewEvent(record)) return
    const { eventId, datetime, Ad, User } = JSON.parse(record.value) as AdRaw
    const timeMs = Date.parse(datetime!)
    const minuteMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS
    const ageBand = ageBandOf(User.age)!
    const { ad_id: adId } = Ad
    const { account, gender } = User
    const sums = [
      this.#minutes.of(`${adId} ${minuteMs} ${gender} ${ageBand}`, { adId, minuteMs, gender, ageBand }),
      this.#campaigns.of(adId, adId),
      this.#viewers.of(account, account),
    ]
    for (const sum of sums) sum.events++
    if (User.click) {
      const key = `${adId} ${account}`
      const clicks = this.#clicks.get(key) ?? []
      clicks.push({ timeMs, eventId, sums })
      this.#clicks.set(key, clicks)
      return
    }
    const viewedMs = Math.round(Ad.viewing_time! * 1000)
    for (const sum of sums)
      if (viewedMs > 0) sum.viewedMs += viewedMs
      else {
        sum.impressions++
        if (User.view) sum.views++
      }
  }

  /** Judges every click, each viewer's on each ad in the order of their times. */
  #judge(): void {
    for (const clicks of this.#clicks.values()) {
      clicks.sort((a, b) => a.timeMs - b.timeMs || (a.eventId < b.eventId ? -1 : 1))
      let countedMs = Number.NEGATIVE_INFINITY
      for (const { timeMs, sums } of clicks) {
        const isCounted = timeMs >= countedMs + SUPPRESSION_MS
        if (isCounted) countedMs = timeMs
        for (const sum of sums) sum[isCounted ? 'counted' : 'suppressed']++
      }
    }
    this.#clicks.clear()
  }

  /** The expected rows by table, of everything that was noted; to be called once. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    this.#judge()
    const shown = ({ impressions, views, events }: Sums) => ({ impressions, views, events })
    return {
      ad_minutes: this.#minutes.rows(({ adId, minuteMs, gender, ageBand }, sums) => ({
        ...{
          ad_id: adId,
          day: new Date(minuteMs).toISOString().slice(0, 10),
          minute: minuteMs,
          gender,
          age_band: ageBand,
        },
        ...shown(sums),
        ...{ counted_clicks: sums.counted, suppressed_clicks: sums.suppressed },
        ...{ seconds: sums.viewedMs / 1000, ctr: ctrOf(sums) },
      })),
      ad_campaign_totals: this.#campaigns.rows((adId, sums) => ({
        ...{ ad_id: adId, ...shown(sums), click_count: sums.counted, suppressed_click_count: sums.suppressed },
        ...{ viewing_time: sums.viewedMs / 1000, ctr: ctrOf(sums) },
      })),
      ad_user_totals: this.#viewers.rows((account, sums) => ({
        ...{ account, ...shown(sums), click_count: sums.counted, suppressed_click_count: sums.suppressed },
        total_time: sums.viewedMs / 1000,
      })),
      // Every campaign has its reference record.
      ad_unknown_campaigns: [],
    }
  }
}

import type { Topic } from '@millrace/contracts'
import type { IdSpill } from './id-spill.ts'

/** Where an id of a topic was seen; `processed:<rule>`: in a record that the services of that rule did not refuse; `ended:<rule>`: in one so old that its row may be gone. */
export type IdPlace =
  | 'ledger'
  | 'log'
  | 'lake'
  | 'derived'
  | 'derived-missing'
  | 'mart'
  | 'mart-missing'
  | 'mart-expired'
  | 'failed'
  | `processed:${string}`
  | `ended:${string}`

export interface IdCounts {
  /** Distinct ids by place; those of `derived` and `mart` only where the topic has the event and no part of it is missing. */
  readonly distinct: Readonly<Partial<Record<IdPlace, number>>>
  /** Distinct ids that the log or the lake has: retention and compaction take records from the log only. */
  readonly events: number
  /** Records of the log whose id it has already. */
  readonly repeats: number
  /** Ids of the ledger that are lost. */
  readonly lost: number
}

/** The event ids of one topic by where they were seen, on disk where they are many. */
export class TopicIds {
  readonly #topic: Topic
  readonly #spill: IdSpill
  readonly #places = new Set<IdPlace>()

  constructor(topic: Topic, spill: IdSpill) {
    this.#topic = topic
    this.#spill = spill
  }

  add(place: IdPlace, id: string): void {
    this.#places.add(place)
    this.#spill.add(`${this.#topic.name}/${place}`, id)
  }

  /** Call once, at the end. @param erased records that were erased, and that the log no longer has: as many ids may be nowhere */
  async count(complain: (sentence: string) => void, erased = 0): Promise<IdCounts> {
    const { name, cleanup, lake } = this.#topic
    // Compaction takes records from the log; only the lake knows what was there.
    const canBeLost = cleanup !== 'compact' || lake
    const distinct: Partial<Record<IdPlace, number>> = {}
    let [events, repeats, lost] = [0, 0, 0]
    const sentences: string[] = []
    for await (const bucket of this.#spill.buckets([...this.#places].map(place => `${name}/${place}`))) {
      const of = (place: IdPlace): ReadonlyMap<string, number> => bucket.get(`${name}/${place}`) ?? NONE
      const [log, archived] = [of('log'), of('lake')]
      const hidden = (place: 'derived' | 'mart' | 'mart-expired') => HIDDEN_BY[place].map(other => of(other))
      for (const place of this.#places) {
        // What is behind the topic may have events that came after the end of the comparison.
        const isCounted = (id: string): boolean =>
          (place !== 'derived' && place !== 'mart' && place !== 'mart-expired') ||
          ((log.has(id) || archived.has(id)) && !hidden(place).some(other => other.has(id)))
        distinct[place] = (distinct[place] ?? 0) + [...of(place).keys()].filter(isCounted).length
      }
      for (const id of archived.keys()) if (!log.has(id)) events++
      events += log.size
      for (const times of log.values()) repeats += times - 1
      for (const id of of('ledger').keys())
        if (canBeLost && !log.has(id) && !archived.has(id)) {
          lost++
          if (sentences.length < MOST_SENTENCES) sentences.push(`${name}: ${id} was acknowledged and is not in the log`)
        }
    }
    if (lost > erased) sentences.forEach(complain)
    return { distinct, events, repeats, lost: Math.max(0, lost - erased) }
  }
}

/** An event of which a part is missing is not there, and one of which a part has expired is expired. */
const HIDDEN_BY: Readonly<Record<'derived' | 'mart' | 'mart-expired', readonly IdPlace[]>> = {
  derived: ['derived-missing'],
  mart: ['mart-missing', 'mart-expired'],
  'mart-expired': ['mart-missing'],
}

/** Sentences about ids that are lost. */
const MOST_SENTENCES = 20
const NONE: ReadonlyMap<string, number> = new Map()

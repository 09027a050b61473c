/** Where the records of a topic have to be: in its archive, in mart tables, or in a topic with one record for each of its events. */
export type HopName = 'lake' | 'mart' | 'derived'

/** What a range of offsets of one partition holds, compared with one hop. */
export interface Comparison {
  /** First offset that was compared, and the one after the last. */
  readonly from: number
  readonly to: number
  /** Distinct events of the range that have to be in the hop, that are there, and that are in failed-events instead. */
  readonly events: number
  readonly found: number
  readonly failed: number
  /** Of them, those of which a row is gone because the retention of its table has ended. */
  readonly expired: number
  readonly missing: number
  readonly duplicate: number
  readonly unexpected: number
  /** Offsets that the lake claims as a gap: retention took them before they were archived. */
  readonly gaps: number
  /** Rows in the lake's quarantine folder: their event time is implausible. */
  readonly quarantined: number
  /** Offsets whose rows were erased from the lake. */
  readonly erased: number
  /** Sentences about some of what is wrong. */
  readonly examples: readonly string[]
  /** Records that were read for it. */
  readonly cost: number
}

export interface HopCheck {
  readonly topic: string
  readonly hop: HopName
  /** `lake`, `mart` or the name of the derived topic: a topic may have several derived ones. */
  readonly target: string
  /** The consumer group that writes to the hop: every record below its committed offset has to be there. */
  readonly group: string
  /** First offset that can be compared, where that is not the first one of the log. */
  oldest?(partition: number, earliest: number): Promise<number>
  /**
   * Compares one step, from `from` (inclusive) to at most `to` (exclusive). The result has the end of the step; it equals `from`
   * where nothing can be compared yet. The end of a step does not depend on its beginning.
   * @param earliest first offset that the log still has
   */
  compare(
    partition: number,
    range: { readonly from: number; readonly to: number; readonly earliest: number },
  ): Promise<Comparison>
}

/** Called for each distinct event of a step that a hop has, lacks, or has no longer; failed events are in none of them. */
export type EventObserver = (id: string, outcome: 'found' | 'missing' | 'expired') => void

/** Offsets of one step. */
export const STEP = 5_000

/** The end of the step that contains `from`. */
export const stepEnd = (from: number, to: number): number => Math.min(to, (Math.floor(from / STEP) + 1) * STEP)

const EXAMPLES = 5

const COUNTS = [
  ...(['events', 'found', 'failed', 'expired', 'missing', 'duplicate', 'unexpected'] as const),
  ...(['gaps', 'quarantined', 'erased', 'cost'] as const),
]

/** Counts the findings of one comparison. */
export class Tally {
  readonly #topic: string
  readonly examples: string[] = []
  events = 0
  found = 0
  failed = 0
  expired = 0
  missing = 0
  duplicate = 0
  unexpected = 0
  gaps = 0
  quarantined = 0
  erased = 0
  cost = 0

  constructor(topic: string) {
    this.#topic = topic
  }

  complain(sentence: string): void {
    if (this.examples.length < EXAMPLES) this.examples.push(`${this.#topic}: ${sentence}`)
  }

  miss(id: string, where: string): void {
    this.missing++
    this.complain(`${id} ${where}`)
  }

  /** Adds what another one has counted. */
  add(other: Tally): void {
    for (const count of COUNTS) this[count] += other[count]
    for (const example of other.examples) if (this.examples.length < EXAMPLES) this.examples.push(example)
  }

  result(from: number, to: number): Comparison {
    const { events, found, failed, expired, missing, duplicate, unexpected } = this
    const { gaps, quarantined, erased, examples, cost } = this
    return {
      ...{ from, to, events, found, failed, expired, missing, duplicate, unexpected },
      ...{ gaps, quarantined, erased, examples, cost },
    }
  }
}

export const isWrong = ({
  missing,
  duplicate,
  unexpected,
}: Pick<Comparison, 'missing' | 'duplicate' | 'unexpected'>): boolean => missing + duplicate + unexpected > 0

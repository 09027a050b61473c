import { type FailedEvent, failedEvent, failedEventsTopic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { readEvent } from '../record-id.ts'

const TOPIC = failedEventsTopic.name
/** Failed records that are kept in memory; about 50 bytes each. */
const MOST_REMEMBERED = 500_000

/** Whether a record is in failed-events; `forgotten`: it is older than what is kept, so that it is not known. */
export type FailedAnswer = 'yes' | 'no' | 'forgotten'

interface Offsets {
  readonly known: Set<number>
  /** Failures up to this offset may have been forgotten. */
  forgottenTo: number
}

/** The positions of failed records, by the sink or the service that refused them. Reads each failed event once. */
export class FailedIndex {
  readonly #log: EventLog
  readonly #limit: number
  readonly #read = new Map<number, number>()
  readonly #offsets = new Map<string, Offsets>()
  #size = 0
  #hasForgotten = false

  constructor(log: EventLog, limit = MOST_REMEMBERED) {
    this.#log = log
    this.#limit = limit
  }

  /**
   * Reads the failed events that were stored since the last call.
   * @param visit called for each of them
   */
  async update(visit?: (failed: FailedEvent) => void): Promise<void> {
    for (const { partition, earliest, end } of await this.#log.range(TOPIC))
      for await (const records of this.#log.read(
        TOPIC,
        partition,
        Math.max(this.#read.get(partition) ?? 0, earliest),
        end,
      ))
        for (const { value, offset } of records) {
          const parsed = failedEvent.safeParse(readEvent(value))
          if (parsed.success) {
            visit?.(parsed.data)
            this.#note(parsed.data)
          }
          this.#read.set(partition, offset + 1)
        }
  }

  #note({ stage, sink, service, topic, partition, offset }: FailedEvent): void {
    if (stage === 'ingest' || topic === null || partition === null || offset === null) return
    const key = this.#key(topic, partition, sink ?? service)
    const offsets = this.#offsets.get(key) ?? { known: new Set(), forgottenTo: -1 }
    this.#offsets.set(key, offsets)
    if (offsets.known.has(offset)) return
    offsets.known.add(offset)
    if (++this.#size > this.#limit) this.#forget()
  }

  /** Removes the older half of the largest set. */
  #forget(): void {
    let largest: Offsets | undefined
    for (const offsets of this.#offsets.values())
      if (!largest || offsets.known.size > largest.known.size) largest = offsets
    if (!largest) return
    this.#hasForgotten = true
    const ascending = [...largest.known].sort((a, b) => a - b)
    for (const offset of ascending.slice(0, (ascending.length + 1) >> 1)) {
      largest.known.delete(offset)
      largest.forgottenTo = Math.max(largest.forgottenTo, offset)
      this.#size--
    }
  }

  #key(topic: string, partition: number, by: string): string {
    return `${topic}/${partition}/${by}`
  }

  /** Whether there were more failed events than are kept. */
  get hasForgotten(): boolean {
    return this.#hasForgotten
  }

  /** @param by the sink, or the name of the service */
  has(
    topic: string,
    partition: number,
    { offset, by }: { readonly offset: number; readonly by: string },
  ): FailedAnswer {
    const offsets = this.#offsets.get(this.#key(topic, partition, by))
    if (offsets?.known.has(offset)) return 'yes'
    return offsets && offset <= offsets.forgottenTo ? 'forgotten' : 'no'
  }
}

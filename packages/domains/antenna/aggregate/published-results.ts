import type { EventOf, Topic } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import { antenna } from '../contract.ts'

const { breaches, unknownDevices } = antenna.topics
const TOPICS: readonly Topic[] = [breaches, unknownDevices]

export type Breach = EventOf<typeof breaches>

interface ResultsOfHour {
  readonly breaches: Map<string, Breach>
  readonly unknown: Set<string>
}

/** By topic and partition: an offset. */
type Positions = readonly number[][]

const textOf = (positions: Positions): string =>
  positions.map(offsets => offsets.map(offset => offset.toString(36)).join(',')).join(';')
const positionsOf = (text: string): Positions =>
  text.split(';').map(offsets => (offsets === '' ? [] : offsets.split(',').map(offset => Number.parseInt(offset, 36))))

/**
 * What was published about hours that are not over before this process had the partition: breaches and reports of unknown devices,
 * read from their topics. What is published stays as it is, also where the process ended before it committed.
 */
export class PublishedResults {
  readonly #log: LogReader
  readonly #hours = new Map<number, ResultsOfHour>()
  /** Where the first results lie that were found. */
  #first: Positions = []
  /** Results of hours that are opened from now on lie behind, but for those that were found. */
  #ends: Positions = []

  constructor(log: LogReader) {
    this.#log = log
  }

  /** Reads the topics from where an earlier `restartText` says, or whole. */
  async read(restartText: string | null, isOver: (hourMs: number) => boolean): Promise<void> {
    const from = restartText === null ? [] : positionsOf(restartText)
    const first: number[][] = []
    const ends: number[][] = []
    for (const [index, topic] of TOPICS.entries()) {
      const firstOfTopic: number[] = []
      const endOfTopic: number[] = []
      for (const { partition, earliest, end } of await this.#log.range(topic.name)) {
        endOfTopic[partition] = end
        const begin = Math.max(earliest, from[index]?.[partition] ?? earliest)
        if (begin < end)
          for await (const records of this.#log.read(topic.name, partition, begin, end))
            for (const { value, offset } of records) {
              const isKept = this.#take(topic, JSON.parse(value.toString()), isOver)
              if (isKept) firstOfTopic[partition] ??= offset
            }
        firstOfTopic[partition] ??= end
      }
      first.push(firstOfTopic)
      ends.push(endOfTopic)
    }
    this.#first = first
    this.#ends = ends
  }

  #take(topic: Topic, event: Breach, isOver: (hourMs: number) => boolean): boolean {
    const hourMs = Date.parse(event.hour)
    if (isOver(hourMs)) return false
    const hour = this.#hours.get(hourMs) ?? { breaches: new Map(), unknown: new Set() }
    this.#hours.set(hourMs, hour)
    if (topic === unknownDevices) hour.unknown.add(event.id)
    // The first of an id counts.
    else if (!hour.breaches.has(event.id)) hour.breaches.set(event.id, event)
    return true
  }

  breach(hourMs: number, id: string): Breach | null {
    return this.#hours.get(hourMs)?.breaches.get(id) ?? null
  }

  isReported(hourMs: number, id: string): boolean {
    return this.#hours.get(hourMs)?.unknown.has(id) ?? false
  }

  /** From where a restart has to read so that it knows everything of hours that are opened from now on. */
  get restartText(): string {
    return textOf(this.#hours.size > 0 ? this.#first : this.#ends)
  }

  /** Forgets the hours that are over. */
  forget(isOver: (hourMs: number) => boolean): void {
    for (const hourMs of this.#hours.keys()) if (isOver(hourMs)) this.#hours.delete(hourMs)
  }

  /** Makes a restart read less of the hours that are opened from now on. */
  async advance(): Promise<void> {
    const ends: number[][] = []
    for (const topic of TOPICS) {
      const offsets: number[] = []
      for (const { partition, end } of await this.#log.range(topic.name)) offsets[partition] = end
      ends.push(offsets)
    }
    this.#ends = ends
  }
}

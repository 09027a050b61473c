import { isPublishedOnce, isSameKey, type Topic } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import type { Emit, Topology } from './topology.ts'

/** An output topic with more partitions whose records have another key than the source is not looked through. */
const MOST_PARTITIONS = 128
/** Between what a processor commits beside an offset and the ends of its outputs. */
const SEPARATOR = '#'

/** By topic and partition: the offset behind the last output. */
type Ends = Map<string, Map<number, number>>

interface Place {
  readonly partition: number
  readonly offset: number
}

const textOf = (ends: Ends): string =>
  [...ends]
    .map(([topic, offsets]) => [topic, ...[...offsets].map(([p, end]) => `${p}:${end.toString(36)}`)].join(','))
    .join(';')

const ENDS = /^[\w.-]+(?:,\d+:[0-9a-z]+)*(?:;[\w.-]+(?:,\d+:[0-9a-z]+)*)*$/

const endsOf = (text: string): Ends =>
  new Map(
    text.split(';').map(part => {
      const [topic = '', ...offsets] = part.split(',')
      const pairs = offsets.map(offset => offset.split(':'))
      return [topic, new Map(pairs.map(([partition, end = '']) => [Number(partition), Number.parseInt(end, 36)]))]
    }),
  )

/** Whether the outputs of a topic are looked for: each tells of one event, and its content follows from its id and, where there is one, its revision. */
const isLookedFor = (topic: Topic): boolean =>
  isPublishedOnce(topic) ||
  (topic.derivedFrom?.relation === 'each' &&
    topic.cleanup === 'delete' &&
    ['eventId', 'revision'].every(field => Object.hasOwn(topic.schema.shape, field)))

/** The event id of an output, with its revision where it has one; null where it has no id, as what others wrote into the topic. */
function idOf(value: Buffer): string | null {
  try {
    const event: { readonly eventId?: unknown; readonly revision?: unknown } | null = JSON.parse(value.toString())
    if (typeof event?.eventId !== 'string') return null
    return typeof event.revision === 'number' ? `${event.eventId} ${event.revision}` : event.eventId
  } catch {
    return null
  }
}

/** What was committed beside an offset: the text of the processor, and where its outputs ended. */
export interface CommittedText {
  readonly own: string
  /** Null where it does not say, or not readably. */
  readonly outputs: string | null
}

/** Takes a committed text apart. */
export function readCommittedText(text: string): CommittedText {
  const at = text.lastIndexOf(SEPARATOR)
  if (at < 0) return { own: text, outputs: null }
  const outputs = text.slice(at + 1)
  return { own: text.slice(0, at), outputs: ENDS.test(outputs) ? outputs : null }
}

/**
 * The outputs of one partition in topics in which an event id, or a revision of it, occurs once. Beside each position is committed where the outputs ended
 * then. A process that goes on from there reads what lies behind, which a process before it published and did not commit, and does
 * not publish it again.
 */
export class PublishedOutputs {
  readonly #topics: readonly Topic[]
  readonly #source: Topic
  readonly #log: LogReader
  /** What is committed beside a position. */
  #ends: Ends = new Map()
  /** Up to where the outputs are known: those that this process has stored, and those that it has found. */
  #known: Ends = new Map()
  /** By topic and id: outputs that were found, in their order. */
  readonly #found = new Map<string, Map<string, Place[]>>()

  constructor(topology: Pick<Topology, 'outputs'>, source: Topic, log: LogReader) {
    this.#topics = topology.outputs.filter(topic => isLookedFor(topic) && topic.derivedFrom?.topic.name === source.name)
    this.#source = source
    this.#log = log
  }

  /** Whether there is anything to commit beside a position. */
  get areTracked(): boolean {
    return this.#ends.size > 0
  }

  /** Text to commit beside a position. */
  textBeside(own: string): string {
    return this.areTracked ? `${own}${SEPARATOR}${textOf(this.#ends)}` : own
  }

  /** Begins with what is published now, as the work of others. */
  async begin(partition: number): Promise<void> {
    this.#startAt(await this.#endsNow(this.#topics, partition))
  }

  /** Goes on from a committed text; with topics that it does not have, from now. @returns how many outputs were found behind it */
  async goOn(text: string, partition: number): Promise<number> {
    const committed = endsOf(text)
    const added = await this.#endsNow(
      this.#topics.filter(({ name }) => !committed.has(name)),
      partition,
    )
    const names = new Set(this.#topics.map(({ name }) => name))
    this.#startAt(new Map([...committed, ...added].filter(([topic]) => names.has(topic))))
    return this.look()
  }

  async #endsNow(topics: readonly Topic[], partition: number): Promise<Ends> {
    const ends: Ends = new Map()
    if (topics.length === 0) return ends
    const { length } = await this.#log.range(this.#source.name)
    for (const topic of topics) {
      const ranges = await this.#log.range(topic.name)
      const isAligned = isSameKey(this.#source, topic) && ranges.length === length
      const own = isAligned ? ranges.filter(range => range.partition === partition) : ranges
      if (own.length <= MOST_PARTITIONS) ends.set(topic.name, new Map(own.map(range => [range.partition, range.end])))
    }
    return ends
  }

  #startAt(ends: Ends): void {
    this.#ends = ends
    this.#known = new Map([...ends].map(([topic, offsets]) => [topic, new Map(offsets)]))
    this.#found.clear()
  }

  /** Looks for outputs of topics that are not known. @returns how many there are */
  async look(topics: Iterable<string> = this.#known.keys()): Promise<number> {
    let count = 0
    for (const topic of topics) {
      const known = this.#known.get(topic)
      if (!known) continue
      for (const { partition, earliest, end } of await this.#log.range(topic)) {
        const from = Math.max(earliest, known.get(partition) ?? end)
        if (from >= end) continue
        for await (const records of this.#log.read(topic, partition, from, end))
          for (const { value, offset } of records) {
            known.set(partition, offset + 1)
            const id = idOf(value)
            if (id === null) continue
            count++
            const ids = this.#found.get(topic) ?? new Map<string, Place[]>()
            this.#found.set(topic, ids)
            ids.set(id, [...(ids.get(id) ?? []), { partition, offset }])
          }
      }
    }
    return count
  }

  /** The outputs of a topic without those that were found; each that was found is left out once. */
  withoutFound(topic: string, emits: readonly Emit[]): readonly Emit[] {
    const ids = this.#found.get(topic)
    if (!ids) return emits
    const left = emits.filter(({ value }) => {
      const id = idOf(value)
      const place = id === null ? undefined : ids.get(id)?.shift()
      if (!place) return true
      if (ids.get(id!)!.length === 0) ids.delete(id!)
      this.stored(topic, place)
      return false
    })
    if (ids.size === 0) this.#found.delete(topic)
    return left
  }

  /** Notes where an output is stored. */
  stored(topic: string, { partition, offset }: Place): void {
    for (const offsets of [this.#ends.get(topic), this.#known.get(topic)])
      if (offsets && offset >= (offsets.get(partition) ?? 0)) offsets.set(partition, offset + 1)
  }
}

import type { EventOf, Topic } from '@millrace/contracts'
import type { LogReader } from '@millrace/event-log'
import { CodedError } from '@millrace/runtime'
import { streamError } from './errors.ts'

/**
 * The rows of a compacted reference topic by key, the newest record of each, in memory as a whole. Processors read it whole before
 * they begin (`load`) and follow it afterwards (`refresh`); one table serves every partition of a process.
 */
export class ReferenceTable<T extends Topic> {
  readonly #topic: T
  readonly #log: LogReader
  readonly #rows = new Map<string, EventOf<T>>()
  /** Per partition the offset of the next record to read. */
  readonly #positions = new Map<number, number>()
  #reading: Promise<void> = Promise.resolve()
  #isLoaded = false

  constructor(topic: T, log: LogReader) {
    this.#topic = topic
    this.#log = log
  }

  get(key: string): EventOf<T> | undefined {
    return this.#rows.get(key)
  }

  /** Reads the topic up to where it ends now, once. @throws what the log throws, and `topics_missing` */
  async load(): Promise<void> {
    if (!this.#isLoaded) await this.refresh()
    this.#isLoaded = true
  }

  /** Reads up to where the topic ends now: what was stored before the call is in the table when it resolves. */
  refresh(): Promise<void> {
    const read = this.#reading.then(() => this.#readToEnd())
    // A failed reading concerns those who asked for it.
    this.#reading = read.catch(() => {})
    return read
  }

  async #readToEnd(): Promise<void> {
    const { name } = this.#topic
    const ranges = await this.#log.range(name).catch(error => {
      if (error instanceof CodedError && error.code === 'unknown_topic')
        throw streamError('topics_missing', { reason: error.message }, error)
      throw error
    })
    for (const { partition, earliest, end } of ranges) {
      const from = Math.max(earliest, this.#positions.get(partition) ?? earliest)
      if (from >= end) continue
      for await (const records of this.#log.read(name, partition, from, end))
        for (const { value, offset } of records) {
          this.#put(value)
          this.#positions.set(partition, offset + 1)
        }
      this.#positions.set(partition, end)
    }
  }

  /** A record that is no row changes nothing: the gateway lets none through. */
  #put(value: Buffer): void {
    try {
      const row = this.#topic.schema.safeParse(JSON.parse(value.toString()))
      if (row.success) this.#rows.set(this.#topic.keyOf(row.data), row.data as EventOf<T>)
    } catch {
      // Not JSON.
    }
  }
}

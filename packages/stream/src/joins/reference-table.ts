import type { EventOf, Topic } from '@millrace/contracts'
import type { LogReader, LogRecord } from '@millrace/event-log'
import { awaitTopic } from '../errors.ts'

/** The newest record of a key. */
export interface ReferenceRow<Row> {
  readonly row: Row
  /** Partition of the reference topic. */
  readonly partition: number
  /** Offset of the record: a newer row of a key has a greater one. */
  readonly offset: number
}

/**
 * The rows of a compacted reference topic by record key, the newest record of each, in memory as a whole. Processors `refresh` it
 * before they begin, which reads it whole, and from time to time afterwards; one table serves every partition of a process. A
 * record without a value (a tombstone) removes the row of its key.
 */
export class ReferenceTable<T extends Topic> {
  readonly #topic: T
  readonly #log: LogReader
  readonly #rows = new Map<string, ReferenceRow<EventOf<T>>>()
  readonly #positions: number[] = []
  readonly #listeners = new Set<(key: string) => void>()
  #reading: Promise<void> = Promise.resolve()

  constructor(topic: T, log: LogReader) {
    this.#topic = topic
    this.#log = log
  }

  /** By partition of the topic: the offset of the next record to read. */
  get positions(): readonly number[] {
    return this.#positions
  }

  get(key: string): ReferenceRow<EventOf<T>> | undefined {
    return this.#rows.get(key)
  }

  /** Calls `listener` with the key of each row that is read from now on; returns a function that ends it. */
  onRow(listener: (key: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Reads up to where the topic ends now: what was stored before the call is in the table when it resolves.
   * @throws what the log throws, and `topics_missing`
   */
  refresh(): Promise<void> {
    const read = this.#reading.then(() => this.#readToEnd())
    // A failed reading concerns those who asked for it.
    this.#reading = read.catch(() => {})
    return read
  }

  async #readToEnd(): Promise<void> {
    const { name } = this.#topic
    const ranges = await this.#log.range(name).catch(error => Promise.reject(awaitTopic(error)))
    for (const { partition, earliest, end } of ranges) {
      const from = Math.max(earliest, this.#positions[partition] ?? earliest)
      // A read may end early: what it does not give is read the next time.
      this.#positions[partition] = from
      if (from < end)
        for await (const records of this.#log.read(name, partition, from, end))
          for (const record of records) {
            this.#take(record)
            this.#positions[partition] = record.offset + 1
          }
    }
  }

  #take({ key: bytes, value, partition, offset }: LogRecord): void {
    const key = bytes.toString()
    if (value.length === 0) {
      this.#rows.delete(key)
      return
    }
    const row = this.#read(value)
    if (!row) return
    this.#rows.set(key, { row, partition, offset })
    for (const listener of this.#listeners) listener(key)
  }

  /** A record that is no row changes nothing: the gateway lets none through. */
  #read(value: Buffer): EventOf<T> | null {
    try {
      const row = this.#topic.schema.safeParse(JSON.parse(value.toString()))
      return row.success ? (row.data as EventOf<T>) : null
    } catch {
      // Not JSON.
      return null
    }
  }
}

import { IdTable } from '../id-table.ts'

const FIRST_CHUNK_BYTES = 4_096
const LARGEST_CHUNK_BYTES = 1 << 20
/** Place of a record whose event has gone to another window. */
const GONE = -1

/**
 * The newest record of each event of a window, by event id. The records are kept as their bytes, outside of the heap that the garbage
 * collector looks at: all records of the window at most, and 40 to 80 bytes for each id.
 */
export class NewestRecords {
  readonly #indexes = new IdTable()
  readonly #revisions: number[] = []
  readonly #chunks: Buffer[] = []
  /** By event: its chunk, where its record begins there, and how long it is. */
  readonly #chunkOf: number[] = []
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  #used = 0

  /** Events, those that have gone to another window included. */
  get size(): number {
    return this.#revisions.length
  }

  /** Number by which an event is known here; null when it is not. */
  find(eventId: string): number | null {
    return this.#indexes.get(eventId)
  }

  revisionOf(event: number): number {
    return this.#revisions[event]!
  }

  /** The newest record; null when the event has gone to another window. */
  recordOf(event: number): Buffer | null {
    const chunk = this.#chunkOf[event]!
    if (chunk === GONE) return null
    const start = this.#starts[event]!
    return this.#chunks[chunk]!.subarray(start, start + this.#lengths[event]!)
  }

  add(eventId: string, revision: number, record: Buffer): void {
    const event = this.#revisions.length
    this.#indexes.putIfAbsent(eventId, event)
    this.#revisions.push(revision)
    this.#chunkOf.push(GONE)
    this.#starts.push(0)
    this.#lengths.push(0)
    this.#write(event, record)
  }

  replace(event: number, revision: number, record: Buffer): void {
    this.#revisions[event] = revision
    this.#write(event, record)
  }

  /** The event counts in another window from now on. */
  leave(event: number): void {
    this.#chunkOf[event] = GONE
    this.#lengths[event] = 0
  }

  #write(event: number, record: Buffer): void {
    if (record.length > this.#lengths[event]! || this.#chunkOf[event] === GONE) this.#allot(event, record.length)
    record.copy(this.#chunks[this.#chunkOf[event]!]!, this.#starts[event]!)
    this.#lengths[event] = record.length
  }

  #allot(event: number, bytes: number): void {
    const last = this.#chunks.at(-1)
    if (!last || this.#used + bytes > last.length) {
      const next = Math.min(last ? 2 * last.length : FIRST_CHUNK_BYTES, LARGEST_CHUNK_BYTES)
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(next, bytes)))
      this.#used = 0
    }
    this.#chunkOf[event] = this.#chunks.length - 1
    this.#starts[event] = this.#used
    this.#used += bytes
  }
}

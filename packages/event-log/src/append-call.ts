import type { CodedError } from '@millrace/runtime'
import type { Deadlines } from './deadlines.ts'
import { logError } from './errors.ts'
import type { AppendResult, OutgoingRecord } from './event-log.ts'
import { recordBytes, tooLarge } from './record-size.ts'

/** The records of one call that go to one partition, in order. */
export interface Share {
  readonly call: AppendCall
  readonly records: OutgoingRecord[]
  /** Place of each record in the call. */
  readonly places: number[]
  bytes: number
}

/** Some records of a share. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** One `append` under way: collects one result per record, and answers what is missing when its deadline passes. */
export class AppendCall {
  readonly #topic: string
  readonly #results: (AppendResult | undefined)[]
  readonly #partitions: Int32Array
  #left: number
  #bytes = 0
  #settle: (results: readonly AppendResult[]) => void = () => {}
  #endDeadline: () => void = () => {}
  readonly #onExpired: () => void

  /** @param onExpired called after records were answered `append_timeout` */
  constructor(topic: string, count: number, onExpired = (): void => {}) {
    this.#topic = topic
    this.#onExpired = onExpired
    this.#results = new Array(count)
    this.#partitions = new Int32Array(count)
    this.#left = count
  }

  get isSettled(): boolean {
    return this.#left === 0
  }
  /** Bytes of the records that were shared out. */
  get bytes(): number {
    return this.#bytes
  }

  /** Answers records that can never be stored, and shares out the others by partition. */
  share(
    records: readonly OutgoingRecord[],
    limits: { readonly maxMessageBytes: number; readonly partitionOf: (record: OutgoingRecord) => number },
  ): ReadonlyMap<number, Share> {
    const shares = new Map<number, Share>()
    for (let place = 0; place < records.length; place++) {
      const record = records[place]!
      const bytes = recordBytes(record)
      const error = tooLarge(this.#topic, bytes, limits.maxMessageBytes)
      if (error) {
        this.#set(place, { ok: false, error })
        continue
      }
      const partition = limits.partitionOf(record)
      this.#partitions[place] = partition
      let share = shares.get(partition)
      if (!share) {
        share = { call: this, records: [], places: [], bytes: 0 }
        shares.set(partition, share)
      }
      share.records.push(record)
      share.places.push(place)
      share.bytes += bytes
      this.#bytes += bytes
    }
    return shares
  }

  /** Resolves when every record has its result, at the latest after `deadlineMs`. */
  answer(deadlines: Deadlines, deadlineMs: number): Promise<readonly AppendResult[]> {
    if (this.#left === 0) return Promise.resolve(this.#results as AppendResult[])
    return new Promise(resolve => {
      this.#settle = resolve
      this.#endDeadline = deadlines.add(deadlineMs, () => this.#expire())
    })
  }

  /** Records of a share are stored from `firstOffset` on. */
  succeed(
    { places }: Share,
    { partition, firstOffset, from, to }: Span & { readonly partition: number; readonly firstOffset: number },
  ): void {
    for (let i = from; i < to; i++) this.#set(places[i]!, { ok: true, partition, offset: firstOffset + i - from })
  }

  fail({ places }: Share, error: CodedError, { from, to }: Span = { from: 0, to: places.length }): void {
    const result = { ok: false, error } as const
    for (let i = from; i < to; i++) this.#set(places[i]!, result)
  }

  failAll(error: CodedError): void {
    const result = { ok: false, error } as const
    for (let place = 0; place < this.#results.length; place++) this.#set(place, result)
  }

  #expire(): void {
    for (let place = 0; place < this.#results.length; place++)
      if (this.#results[place] === undefined)
        this.#set(place, {
          ok: false,
          error: logError('append_timeout', { topic: this.#topic, partition: this.#partitions[place]! }),
        })
    this.#onExpired()
  }

  #set(place: number, result: AppendResult): void {
    if (this.#results[place] !== undefined) return
    this.#results[place] = result
    if (--this.#left > 0) return
    this.#endDeadline()
    this.#settle(this.#results as AppendResult[])
  }
}

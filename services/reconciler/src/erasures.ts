import type { ErasureReceipt, OffsetRange } from '@millrace/contracts'
import { countOffsets, hasOffset, type Lake, mergeRanges, offsetsWithin, readReceipts } from '@millrace/lake'

/** Whether a record was erased; `begun`: it is, or will be when the erasure is completed. */
export type ErasedState = 'no' | 'begun' | 'complete'

interface ErasedOffsets {
  readonly begun: OffsetRange[]
  readonly complete: OffsetRange[]
  /** Both together. */
  readonly all: OffsetRange[]
  /** Where the erasures end. */
  end: number
}

const NONE: ErasedOffsets = { begun: [], complete: [], all: [], end: 0 }

/** The offsets that erasures of people have removed, by the receipts in the lake. */
export class Erasures {
  readonly #lake: Lake
  #receipts: readonly ErasureReceipt[] = []
  #offsets = new Map<string, ErasedOffsets>()

  constructor(lake: Lake) {
    this.#lake = lake
  }

  /** Reads the receipts. */
  async update(): Promise<void> {
    this.#receipts = await readReceipts(this.#lake)
    this.#offsets = new Map()
    for (const { state, erased, ends } of this.#receipts)
      for (const [topic, partitions] of Object.entries(erased))
        for (const [partition, ranges] of Object.entries(partitions)) {
          const key = `${topic}/${partition}`
          const known = this.#offsets.get(key) ?? NONE
          const merged = {
            [state]: mergeRanges([...known[state], ...ranges]),
            all: mergeRanges([...known.all, ...ranges]),
          }
          const end = Math.max(known.end, ends[topic]?.[partition] ?? 0)
          this.#offsets.set(key, { ...known, ...merged, end })
        }
  }

  /** How many there are. */
  get counts(): Readonly<Record<ErasureReceipt['state'], number>> {
    const begun = this.#receipts.filter(({ state }) => state === 'begun').length
    return { begun, complete: this.#receipts.length - begun }
  }

  stateAt(topic: string, partition: number, offset: number): ErasedState {
    const { begun, complete } = this.#offsets.get(`${topic}/${partition}`) ?? NONE
    if (hasOffset(complete, offset)) return 'complete'
    return hasOffset(begun, offset) ? 'begun' : 'no'
  }

  /** The offset behind the last one that an erasure has covered in a partition. */
  endOf(topic: string, partition: number): number {
    return this.#offsets.get(`${topic}/${partition}`)?.end ?? 0
  }

  /** How many records of a topic were erased, in whole or below some offsets by partition. */
  count(topic: string, below?: ReadonlyMap<number, number>): number {
    let sum = 0
    for (const [key, { all }] of this.#offsets) {
      const slash = key.lastIndexOf('/')
      if (key.slice(0, slash) !== topic) continue
      const last = below ? (below.get(Number(key.slice(slash + 1))) ?? 0) - 1 : Number.MAX_SAFE_INTEGER
      sum += countOffsets(offsetsWithin(all, 0, last))
    }
    return sum
  }
}

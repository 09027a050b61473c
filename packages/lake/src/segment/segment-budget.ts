import { Semaphore } from '@millrace/runtime'
import { BufferPool } from './buffer-pool.ts'

export interface SegmentBudgetOptions {
  /** Line buffers and row indexes of all open segments. */
  readonly maxMemoryBytes?: number
  /** Local files of all open segments. */
  readonly maxSpoolBytes?: number
  /** Segments with at least one row that is not in the lake yet. */
  readonly maxOpenSegments?: number
}

const MIB = 1 << 20

export const SEGMENT_BUDGET_DEFAULTS = {
  maxMemoryBytes: 64 * MIB,
  maxSpoolBytes: 3072 * MIB,
  maxOpenSegments: 1000,
} as const satisfies Required<SegmentBudgetOptions>

/** The thread pool of Node.js has four threads. */
const CONCURRENT_WRITES = 4
/** Each data file under construction needs up to 100 MiB (Parquet). */
const CONCURRENT_BUILDS = 2
/** Line buffers above this share of the memory are written to the disk while records are still taken. */
const WRITE_FROM = 3 / 4
/** Early commits start at this share of a limit, so that their partitions have time to do them. */
const COMMIT_FROM = 7 / 8
/** Line buffers can be written to the disk, row indexes stay in memory until the commit. */
const INDEX_SHARE = 1 / 2

/** An open segment as its budget sees it. */
export interface BudgetMember {
  /** Memory of lines of which no write to the disk has begun. */
  readonly bufferedBytes: number
  /** Memory of the row indexes. */
  readonly indexBytes: number
  /** Local files. */
  readonly spoolBytes: number
  /** The current write to the disk; it never rejects. */
  readonly writing: Promise<void> | undefined
  /** Whether the segment is to be committed before it is full or old. */
  isCommitDue: boolean
  /** Starts to write all buffered lines to the disk. */
  startWriteAll(): void
  /** Writes all buffered lines to the disk, and throws when that fails. */
  writeAll(): Promise<void>
}

interface CommitRule {
  readonly limit: number
  readonly sizeOf: (member: BudgetMember) => number
  /** Which of two segments is committed first; without it the one that was opened first. */
  readonly byLargest: boolean
}

/**
 * Memory, local disk space and number of the open segments of a process, shared by demand: any segment may use what the others
 * leave. Above the memory limit the largest line buffers are written to the disk. When row indexes, local files or the number
 * of segments reach a limit, the largest or oldest segment is committed early.
 */
export class SegmentBudget {
  readonly pool: BufferPool
  /** Runs a write of a part to the local disk. */
  readonly write = new Semaphore(CONCURRENT_WRITES)
  /** Runs the construction of a data file. */
  readonly build = new Semaphore(CONCURRENT_BUILDS)
  readonly #maxMemoryBytes: number
  readonly #rules: readonly CommitRule[]
  /** In the order in which they were opened. */
  readonly #members = new Set<BudgetMember>()

  constructor(options: SegmentBudgetOptions) {
    const { maxMemoryBytes, maxSpoolBytes, maxOpenSegments } = { ...SEGMENT_BUDGET_DEFAULTS, ...options }
    this.pool = new BufferPool(maxMemoryBytes)
    this.#maxMemoryBytes = maxMemoryBytes
    this.#rules = [
      { limit: maxMemoryBytes * INDEX_SHARE, sizeOf: ({ indexBytes }) => indexBytes, byLargest: true },
      { limit: maxSpoolBytes, sizeOf: ({ spoolBytes }) => spoolBytes, byLargest: true },
      { limit: maxOpenSegments, sizeOf: () => 1, byLargest: false },
    ]
  }

  /** Memory of all line buffers and row indexes. */
  get memoryBytes(): number {
    return this.pool.usedBytes + this.#sum(({ indexBytes }) => indexBytes)
  }

  /** Size of all local files. */
  get spoolBytes(): number {
    return this.#sum(({ spoolBytes }) => spoolBytes)
  }

  get openSegments(): number {
    return this.#members.size
  }

  add(member: BudgetMember): void {
    this.#members.add(member)
  }

  remove(member: BudgetMember): void {
    this.#members.delete(member)
  }

  /**
   * Called by a segment after a batch of rows. Waits until the memory is within its limit again, and decides which segments
   * are committed early: others when a limit is near, this one when the limit is passed.
   * @throws when the lines of this segment cannot be written to the disk; an error of another segment is thrown to its owner
   */
  async enforce(current: BudgetMember): Promise<void> {
    for (const rule of this.#rules) this.#requestCommits(rule, current)
    this.#writeLargest()
    while (this.memoryBytes > this.#maxMemoryBytes) {
      const writes: Promise<void>[] = []
      for (const { writing } of this.#members) if (writing) writes.push(writing)
      if (writes.length === 0) return current.writeAll()
      await Promise.race(writes)
      this.#writeLargest()
    }
  }

  #sum(sizeOf: (member: BudgetMember) => number): number {
    let sum = 0
    for (const member of this.#members) sum += sizeOf(member)
    return sum
  }

  #requestCommits({ limit, sizeOf, byLargest }: CommitRule, current: BudgetMember): void {
    if (this.#sum(sizeOf) > limit && this.#members.has(current)) current.isCommitDue = true
    let rest = this.#sum(member => (member.isCommitDue ? 0 : sizeOf(member)))
    while (rest > Math.ceil(limit * COMMIT_FROM)) {
      let chosen: BudgetMember | undefined
      for (const member of this.#members) {
        if (member.isCommitDue) continue
        if (!chosen || (byLargest && sizeOf(member) > sizeOf(chosen))) chosen = member
      }
      if (!chosen) return
      chosen.isCommitDue = true
      rest -= sizeOf(chosen)
    }
  }

  #writeLargest(): void {
    const limit = this.#maxMemoryBytes * WRITE_FROM
    if (this.memoryBytes <= limit) return
    let rest = this.#sum(({ bufferedBytes, indexBytes }) => bufferedBytes + indexBytes)
    while (rest > limit) {
      let largest: BudgetMember | undefined
      for (const member of this.#members) {
        if (member.bufferedBytes > (largest?.bufferedBytes ?? 0)) largest = member
      }
      if (!largest) return
      rest -= largest.bufferedBytes
      largest.startWriteAll()
    }
  }
}

/** Makes the budget that all segment writers of a process share. */
export const createSegmentBudget = (options: SegmentBudgetOptions = {}): SegmentBudget => new SegmentBudget(options)

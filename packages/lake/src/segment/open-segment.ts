import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BuiltDataFile, buildDataFile } from '../data-file.ts'
import type { DataFormat, Line, Offsets } from '../formats/data-format.ts'
import { PeriodLines } from './period-lines.ts'
import type { BudgetMember, SegmentBudget } from './segment-budget.ts'

export const QUARANTINE = 'quarantine'

/** Start of a UTC hour or day in ms since the epoch (`periodStart`), or the folder for rows with an implausible event time. */
export type Period = number | typeof QUARANTINE

export interface SegmentRow {
  readonly offset: number
  readonly period: Period
  /** Null when it could not be read; such a row is in the quarantine. */
  readonly eventTimeMs: number | null
  /** As encoded by the format. */
  readonly line: Line
}

/** One period of a segment as a data file on the local disk. */
export interface BuiltFile extends BuiltDataFile {
  readonly period: Period
}

export interface OpenSegmentParts {
  readonly directory: string
  readonly format: DataFormat
  readonly budget: SegmentBudget
}

/**
 * The records of a range that is not closed yet, as packed lines of one local file per period of event time. No file is held open.
 * Memory holds a few bytes per row, and lines that are not on the disk yet, as far as the budget allows.
 */
export function createOpenSegment({ directory, format, budget }: OpenSegmentParts) {
  const periods = new Map<Period, PeriodLines>()
  let bytes = 0
  let rows = 0
  let indexBytes = 0
  let builtBytes = 0
  let writing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  const sum = (sizeOf: (lines: PeriodLines) => number): number => {
    let total = 0
    for (const lines of periods.values()) total += sizeOf(lines)
    return total
  }

  const hasSealed = (): boolean => {
    for (const lines of periods.values()) if (lines.hasSealed) return true
    return false
  }

  async function writeSealed(): Promise<void> {
    while (hasSealed()) {
      for (const lines of periods.values()) {
        while (lines.hasSealed) await budget.write.use(() => lines.writeNext())
      }
    }
  }

  /** Starts to write the sealed parts. An error is thrown by the next call. */
  function startWriting(): void {
    if (writing) return
    failure = undefined
    writing = writeSealed()
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => {
        writing = undefined
      })
  }

  function throwFailure(): void {
    if (!failure) return
    const { error } = failure
    failure = undefined
    throw error
  }

  /** Writes all lines to the local disk. */
  async function writeAll(): Promise<void> {
    await writing
    throwFailure()
    for (const lines of periods.values()) lines.seal()
    if (!hasSealed()) return
    startWriting()
    await writing
    throwFailure()
  }

  const member: BudgetMember = {
    get bufferedBytes() {
      return sum(lines => lines.bufferedBytes)
    },
    get indexBytes() {
      return indexBytes
    },
    get spoolBytes() {
      return builtBytes + sum(lines => lines.written)
    },
    get writing() {
      return writing
    },
    isCommitDue: false,
    startWriteAll() {
      for (const lines of periods.values()) lines.seal()
      startWriting()
    },
    writeAll,
  }

  return {
    get rows() {
      return rows
    },
    /** Bytes of the lines, newlines included. */
    get bytes() {
      return bytes
    },
    get periods() {
      return periods.size
    },
    /** Rows of the period that has the fewest; infinite where there are no rows. */
    get fewestRows() {
      let fewest = Number.POSITIVE_INFINITY
      for (const lines of periods.values()) fewest = Math.min(fewest, lines.rows)
      return fewest
    },
    /** Whether the budget asks for a commit before the segment is full or old. */
    get isCommitDue() {
      return member.isCommitDue
    },
    has: (period: Period): boolean => periods.has(period),
    /** Rows with an implausible event time. */
    get quarantined() {
      return periods.get(QUARANTINE)?.rows ?? 0
    },
    add({ offset, period, eventTimeMs, line }: SegmentRow): void {
      if (eventTimeMs === null && period !== QUARANTINE)
        throw new Error(`The row at offset ${offset} has no event time, so it belongs to the quarantine.`)
      let lines = periods.get(period)
      if (!lines) {
        if (periods.size === 0) budget.add(member)
        lines = new PeriodLines({ file: join(directory, `${period}.lines`), format, pool: budget.pool })
        periods.set(period, lines)
        indexBytes += lines.indexBytes
      }
      const before = lines.indexBytes
      bytes += lines.add(offset, eventTimeMs ?? 0, line)
      indexBytes += lines.indexBytes - before
      rows += 1
    },
    /** Starts to write whole parts to the local disk, and waits while the process is above its memory limit. */
    async flush(): Promise<void> {
      throwFailure()
      if (hasSealed()) startWriting()
      await budget.enforce(member)
    },
    /** Removes the rows up to and including `offset`; may be called again when it failed. */
    async dropThrough(offset: number): Promise<void> {
      await writeAll()
      builtBytes = 0
      for (const [period, lines] of periods) {
        const index = indexBehind(lines.offsets, offset)
        if (index === 0) continue
        if (index === lines.rows) {
          await lines.remove()
          periods.delete(period)
        } else await lines.dropFirst(index)
      }
      if (periods.size === 0) budget.remove(member)
      rows = sum(lines => lines.rows)
      bytes = sum(lines => lines.bytes)
      indexBytes = sum(lines => lines.indexBytes)
    },
    /** Smallest and largest plausible event time of the rows. */
    eventTimeSpan(): { readonly fromMs: number; readonly toMs: number } | null {
      let fromMs = Number.POSITIVE_INFINITY
      let toMs = Number.NEGATIVE_INFINITY
      for (const [period, lines] of periods) {
        if (period === QUARANTINE) continue
        fromMs = Math.min(fromMs, lines.fromMs)
        toMs = Math.max(toMs, lines.toMs)
      }
      return fromMs <= toMs ? { fromMs, toMs } : null
    },
    /** Builds the data files, one per period. */
    async build(): Promise<BuiltFile[]> {
      await writeAll()
      builtBytes = 0
      const built: BuiltFile[] = []
      for (const [period, lines] of periods) {
        const target = `${lines.file}.${format.name}`
        const file = await budget.build.use(() =>
          buildDataFile(format, { linesFile: lines.file, target, offsets: lines.offsets }),
        )
        builtBytes += file.bytes
        built.push({ period, ...file })
      }
      return built
    },
    /** Removes the local files. */
    async discard(): Promise<void> {
      await writing
      failure = undefined
      for (const lines of periods.values()) lines.releaseBuffers()
      periods.clear()
      budget.remove(member)
      rows = 0
      bytes = 0
      indexBytes = 0
      builtBytes = 0
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Number of the leading offsets that are not above `offset`. */
function indexBehind(offsets: Offsets, offset: number): number {
  let count = 0
  offsets.forEach(other => {
    if (other <= offset) count += 1
  })
  return count
}

export type OpenSegment = ReturnType<typeof createOpenSegment>

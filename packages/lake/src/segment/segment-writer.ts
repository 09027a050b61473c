import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dataFileName, type LakeManifest, periodFolder, quarantineFolder, temporaryPath } from '@millrace/contracts'
import type { Clock } from '@millrace/runtime'
import type { DataFormat } from '../formats/data-format.ts'
import type { Lake } from '../lake.ts'
import { newestManifest } from '../manifests.ts'
import { type Claim, newClaim, resolveClaim } from './claim.ts'
import { type BuiltFile, createOpenSegment, type Period, QUARANTINE, type SegmentRow } from './open-segment.ts'
import { removeTemporaryFiles, rollForward } from './roll-forward.ts'
import type { SegmentBudget } from './segment-budget.ts'

/** Callbacks for metrics and logs. */
export interface SegmentObserver {
  /** A range is in the lake by this writer, data or gap. */
  committed?(manifest: LakeManifest): void
  /** Another writer had claimed the range; this one continues behind it. */
  lost?(owner: LakeManifest): void
  /** Temporary files of lost claims were removed. */
  removedTemporary?(files: number): void
}

export interface SegmentWriterOptions {
  readonly lake: Lake
  readonly format: DataFormat
  readonly topic: string
  readonly partition: number
  /** Unique for every writer: decides who owns a claim. Letters, digits and dashes. */
  readonly writerId: string
  /** Local folder of this writer alone; its files are not needed after the end of the process. */
  readonly directory: string
  /** Shared by all writers of the process. */
  readonly budget: SegmentBudget
  readonly clock: Clock
  readonly observer?: SegmentObserver
}

/** An unfinished commit. Kept across failed attempts, so that a repeated call continues it and no name is written twice. */
interface Commit {
  readonly built: readonly BuiltFile[]
  readonly files: LakeManifest['files']
  claim: Claim | null
}

/**
 * Archives one partition in ranges, each exactly once, whatever other writers of the same partition do and whenever one of
 * them crashes. Methods are called one at a time; each may be called again after it threw a retryable error.
 */
export function createSegmentWriter(options: SegmentWriterOptions) {
  const { lake, format, topic, partition, writerId, directory, budget, clock, observer } = options
  if (!/^[A-Za-z0-9-]+$/.test(writerId))
    throw new Error(`A writer id has letters, digits and dashes only, got "${writerId}".`)
  let names = 0
  const nextName = (): string => `m${++names}`
  let newest: LakeManifest | null = null
  let segment = createOpenSegment({ directory, format, budget })
  let first = 0
  let next = 0
  let commit: Commit | null = null
  let gapClaim: Claim | null = null

  const startAt = (offset: number): void => {
    segment = createOpenSegment({ directory: join(directory, String(offset)), format, budget })
    first = offset
    next = Math.max(next, offset)
  }

  const folderOf = (period: Period): string =>
    period === QUARANTINE ? quarantineFolder(topic) : periodFolder(topic, format.name, period)

  /** Uploads a data file. Every attempt takes a new name, so that a late write of an earlier one cannot touch it. */
  async function upload({ period, localFile, ...file }: BuiltFile): Promise<LakeManifest['files'][number]> {
    const name = dataFileName({ partition, first, last: next - 1, format: format.name, sha256: file.sha256 })
    const temporary = temporaryPath(topic, partition, first, writerId, `${nextName()}.${format.name}`)
    await lake.write(temporary, { localFile })
    return { path: `${folderOf(period)}/${name}`, temporaryPath: temporary, ...file }
  }

  function manifestOf(files: LakeManifest['files']): LakeManifest {
    const span = segment.eventTimeSpan()
    return {
      version: 1,
      topic,
      partition,
      firstOffset: first,
      lastOffset: next - 1,
      kind: 'data',
      rows: segment.rows,
      quarantined: segment.quarantined,
      files,
      eventTimeFrom: span && new Date(span.fromMs).toISOString(),
      eventTimeTo: span && new Date(span.toMs).toISOString(),
      writerId,
      createdAt: new Date(clock.now()).toISOString(),
    }
  }

  /** Drops the rows of a range that another writer owns, and keeps those behind it. */
  async function continueBehind(owner: LakeManifest, lost: Commit): Promise<void> {
    for (const { temporaryPath: path } of lost.files) await lake.remove(path)
    if (lost.claim?.staged) await lake.remove(lost.claim.staged)
    if (owner.lastOffset + 1 >= next) {
      await segment.discard()
      startAt(owner.lastOffset + 1)
    } else {
      await segment.dropThrough(owner.lastOffset)
      first = owner.lastOffset + 1
    }
    commit = null
    observer?.lost?.(owner)
  }

  return {
    writerId,
    /** Offset that `add` takes next. */
    get next() {
      return next
    },
    /** Everything below is in the lake. */
    get committed() {
      return first
    },
    /** First offset of the newest manifest: the hint for the next `open`. */
    get newestFirst() {
      return newest?.firstOffset ?? null
    },
    /** When the newest manifest was made, ms since the epoch. */
    get newestMs() {
      return newest && Date.parse(newest.createdAt)
    },
    get rows() {
      return segment.rows
    },
    get bytes() {
      return segment.bytes
    },
    /** Whether the budget of the process asks for a commit before the segment is full or old. */
    get isCommitDue() {
      return segment.isCommitDue
    },
    /** Periods of event time in what is not committed: each becomes one file. */
    get periods() {
      return segment.periods
    },
    /** Rows of the smallest of these files; infinite where there is none. */
    get fewestRows() {
      return segment.fewestRows
    },
    hasPeriod: (period: Period): boolean => segment.has(period),
    /** Whether a commit has begun and must be finished before anything is added. */
    get committing() {
      return commit !== null
    },
    /**
     * Finds the end of the lake, finishes the renames of the last claim, and removes temporary files of lost claims.
     * @param hint first offset of a manifest that was the newest once, to find the newest one quickly
     */
    async open(hint: number | null): Promise<void> {
      newest = await newestManifest(lake, { topic, partition, hint })
      if (newest) await rollForward(lake, newest)
      const removed = await removeTemporaryFiles(lake, topic, partition)
      if (removed > 0) observer?.removedTemporary?.(removed)
      startAt(newest ? newest.lastOffset + 1 : 0)
    },
    /** Adds the row at `next`, or behind it in a log with holes. */
    add(row: SegmentRow): void {
      if (commit || row.offset < next) throw new Error(`Offset ${row.offset} cannot be added at ${next}.`)
      segment.add(row)
      next = row.offset + 1
    },
    /** Skips an offset without a row: its record went to the failed events. */
    skip(offset: number): void {
      if (commit || offset < next) throw new Error(`Offset ${offset} cannot be skipped at ${next}.`)
      next = offset + 1
    },
    /** Called after a batch of rows: keeps memory, local disk and open segments within the budget. */
    flush: (): Promise<void> => segment.flush(),
    /** Puts everything below `next` into the lake, by this writer or by the writer that claimed it first. */
    async commit(): Promise<void> {
      while (next > first) {
        commit ??= { built: await segment.build(), files: [], claim: null }
        for (const file of commit.built.slice(commit.files.length)) commit.files.push(await upload(file))
        commit.claim ??= newClaim(manifestOf(commit.files))
        const owner = await resolveClaim(lake, commit.claim, nextName)
        await rollForward(lake, owner)
        newest = owner
        if (owner.writerId !== writerId) {
          await continueBehind(owner, commit)
          continue
        }
        await segment.discard()
        commit = null
        startAt(next)
        observer?.committed?.(owner)
      }
    },
    /** Claims the offsets from `committed` to `to` (exclusive) as a gap: the log no longer has them. Nothing may be uncommitted. */
    async claimGap(to: number): Promise<void> {
      while (first < to) {
        if (next > first) throw new Error('A gap is claimed behind a commit only.')
        gapClaim ??= newClaim({ ...manifestOf([]), kind: 'gap', lastOffset: to - 1 })
        const owner = await resolveClaim(lake, gapClaim, nextName)
        await rollForward(lake, owner)
        const ours = owner.writerId === writerId
        if (!ours && gapClaim.staged) await lake.remove(gapClaim.staged)
        gapClaim = null
        newest = owner
        startAt(owner.lastOffset + 1)
        if (ours) observer?.committed?.(owner)
        else observer?.lost?.(owner)
      }
    },
    /** Drops the rows that are not in the lake. The next writer of the partition removes the temporary files in the lake. */
    async abandon(): Promise<void> {
      await segment.discard()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export type SegmentWriter = ReturnType<typeof createSegmentWriter>

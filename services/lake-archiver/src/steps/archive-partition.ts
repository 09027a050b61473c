import { isPlausibleEventTime, LAKE_FORMATS, type LakeManifest, periodStart, type Topic } from '@millrace/contracts'
import type { Assignment, LogRecord } from '@millrace/event-log'
import {
  createRecordDecoder,
  type DataFormat,
  lakeError,
  QUARANTINE,
  type SegmentRow,
  type SegmentWriter,
} from '@millrace/lake'
import type { Clock, Logger } from '@millrace/runtime'
import {
  deadLetter,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
} from '@millrace/stream'
import type { ArchiverMetrics } from '../metrics.ts'
import type { ArchiverOptions } from '../options.ts'

export interface ArchivePartitionParts {
  readonly contract: Topic
  readonly partition: number
  readonly format: DataFormat
  readonly createWriter: (observer: {
    committed(manifest: LakeManifest): void
    lost(owner: LakeManifest): void
  }) => SegmentWriter
  /** Removes local files of earlier processes. */
  readonly clearLeftovers: () => Promise<void>
  readonly options: Required<ArchiverOptions>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ArchiverMetrics
}

type ClosedBy = 'bytes' | 'rows' | 'age' | 'hours' | 'gap' | 'stop' | 'budget'

/** Brokers refuse records whose time of sending is further ahead of their own clock. */
const BROKER_AHEAD_MS = 3_600_000
const HINT = /^manifest=(\d+)$/

/** Archives one partition: collects its records in a local segment and commits that to the lake when it is full or old. */
export function createPartitionArchiver(parts: ArchivePartitionParts): PartitionProcessor {
  const { contract, partition, format, options, clock, logger, metrics } = parts
  const topic = contract.name
  const decode = createRecordDecoder(contract)
  const minFileRows = LAKE_FORMATS[format.name].minFileRows ? options.minFileRows : 0
  let closedBy: ClosedBy = 'age'
  let queue: LogRecord[] = []
  let failed: FailedRecord[] = []
  /** Offset behind the last record that this processor received. */
  let received = 0
  let reported = -1
  let openedMs: number | null = null
  let firstEventMs: number | null = null

  const writer = parts.createWriter({
    committed(manifest) {
      const { firstOffset, lastOffset, kind, rows, files } = manifest
      if (kind === 'gap') {
        metrics.gapOffsets.inc({ topic }, lastOffset - firstOffset + 1)
        logger.warn({ topic, partition, firstOffset, lastOffset }, 'offsets_lost_to_retention')
        return
      }
      metrics.segments.inc({ topic, closed_by: closedBy })
      metrics.rows.inc({ topic }, rows)
      if (firstEventMs !== null) metrics.commitDelay.observe({ topic }, (clock.now() - firstEventMs) / 1000)
      metrics.bytes.inc(
        { topic },
        files.reduce((sum, { bytes }) => sum + bytes, 0),
      )
    },
    lost({ firstOffset, lastOffset, writerId }) {
      metrics.lostClaims.inc({ topic })
      logger.warn({ topic, partition, firstOffset, lastOffset, writerId }, 'range_claimed_by_another_archiver')
    },
  })

  async function commit(by: ClosedBy): Promise<void> {
    closedBy = by
    await writer.commit()
    openedMs = null
    firstEventMs = null
  }

  function readRow(record: LogRecord): SegmentRow | null {
    const decoded = decode(record.value)
    if (!decoded.ok) {
      failed.push(failedRecord(record, deadLetter(decoded.code, decoded.message), { stage: 'sink', sink: 'lake' }))
      return null
    }
    const { event, eventTimeMs } = decoded
    const { offset, timestampMs, value } = record
    const isPlausible = eventTimeMs !== null && isPlausibleEventTime(eventTimeMs, timestampMs)
    return {
      offset,
      eventTimeMs,
      period: isPlausible ? periodStart(format.name, eventTimeMs) : QUARANTINE,
      line: format.encode({ offset, timestampMs, value, event }),
    }
  }

  const full = (): ClosedBy | null => {
    if (writer.bytes >= options.maxBytes) return 'bytes'
    if (writer.rows >= options.maxRows) return 'rows'
    return writer.isCommitDue ? 'budget' : null
  }

  const isBehindGap = ({ offset }: LogRecord): boolean => offset > writer.next && contract.cleanup === 'delete'

  /** Commits the segment when this record cannot be part of it. */
  async function makeRoom(record: LogRecord): Promise<void> {
    if (isBehindGap(record)) {
      await commit('gap')
      await writer.claimGap(record.offset)
    }
    const by = full()
    if (by) await commit(by)
  }

  const isOnePeriodTooMany = ({ offset, period }: SegmentRow): boolean =>
    writer.periods >= options.maxHours && offset >= writer.next && !writer.hasPeriod(period)

  const isOld = (ageMs: number): boolean =>
    ageMs >= options.maxAgeMs && (writer.fewestRows >= minFileRows || ageMs >= options.maxWaitMs)

  /** @param row null when the record cannot be read */
  function keep(record: LogRecord, row: SegmentRow | null): void {
    if (record.offset < writer.next) {
      checkSameLog(record)
      return
    }
    openedMs ??= clock.now()
    if (!row) {
      writer.skip(record.offset)
      return
    }
    if (row.period !== QUARANTINE) firstEventMs ??= row.eventTimeMs
    writer.add(row)
    if (row.period === QUARANTINE) metrics.quarantined.inc({ topic })
  }

  /**
   * A record that is in the lake is read again when its failed event may not have been stored. A record that was sent after
   * all records in the lake cannot be one of them: it belongs to another log with the same name.
   */
  function checkSameLog({ offset, timestampMs }: LogRecord): void {
    const archivedMs = writer.newestMs
    if (offset >= writer.committed || archivedMs === null || timestampMs <= archivedMs + BROKER_AHEAD_MS) return
    throw lakeError('lake_ahead_of_log', { topic, partition, lake: writer.committed, log: offset })
  }

  /** Processes the queued records; after an error the next call continues where this one stopped. */
  async function advance(): Promise<void> {
    if (writer.committing) await commit(closedBy)
    let taken = 0
    try {
      for (const record of queue) {
        const failures = failed.length
        try {
          // No promise for the records that need not wait: that is most of them.
          if (isBehindGap(record) || full()) await makeRoom(record)
          const row = readRow(record)
          if (row && isOnePeriodTooMany(row)) await commit('hours')
          keep(record, row)
        } catch (error) {
          failed.length = failures
          throw error
        }
        taken += 1
      }
    } finally {
      queue = queue.slice(taken)
    }
    await writer.flush()
    const by = full()
    if (by) await commit(by)
  }

  function result(): ProcessResult {
    const failedRecords = failed
    failed = []
    // Another archiver may have committed more than this one received.
    const finished = Math.min(writer.committed, received)
    const isNews = finished > reported
    if (isNews) reported = finished
    const hint = writer.newestFirst
    return {
      emits: [],
      failed: failedRecords,
      done: isNews ? finished : null,
      ...(hint !== null && { metadata: `manifest=${hint}` }),
    }
  }

  return {
    async open(assignment: Assignment) {
      const { committed, earliest, end } = assignment
      await parts.clearLeftovers()
      for (const counter of [metrics.gapOffsets, metrics.lostClaims]) counter.inc({ topic }, 0)
      const hint = HINT.exec(committed?.metadata ?? '')?.[1]
      await writer.open(hint === undefined ? null : Number(hint))
      if (writer.next > end) logger.warn({ topic, partition, lake: writer.next, log: end }, 'lake_ahead_of_log')
      if (contract.cleanup === 'delete') await writer.claimGap(earliest)
      const readFrom = Math.max(earliest, Math.min(writer.next, committed?.offset ?? earliest))
      received = readFrom
      reported = readFrom
      return { readFrom, publishFrom: readFrom }
    },
    async process(records) {
      for (const record of records) {
        if (record.offset < received) continue
        queue.push(record)
        received = record.offset + 1
      }
      await advance()
      return result()
    },
    async tick(nowMs) {
      await advance()
      if (openedMs !== null && isOld(nowMs - openedMs)) await commit('age')
      return result()
    },
    async close(reason) {
      if (reason === 'revoked') {
        await writer.abandon()
        return null
      }
      await advance()
      await commit('stop')
      const last = result()
      await writer.abandon()
      return last
    },
  }
}

import {
  groupOf,
  type LakeManifest,
  manifestFolder,
  manifestPath,
  payloadHash,
  quarantineFolder,
  readManifestName,
  type Topic,
} from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import {
  countOffsets,
  hasOffset,
  type Lake,
  type ManifestFile,
  offsetsWithin,
  readDataFile,
  readManifest,
  readManifests,
} from '@millrace/lake'
import type { Erasures } from '../erasures.ts'
import { isLakeFault } from '../lake-fault.ts'
import { idOf, position, readExactEvent } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type HopCheck, stepEnd, Tally } from './hop.ts'

/** Cost of asking for the size of one file, in records. */
const STAT_COST = 50
/** Cost of fetching one file, in records: tens of milliseconds against tens of microseconds. */
const FETCH_COST = 1_000
const NO_HASH = Buffer.alloc(0)

interface Expected {
  readonly id: string
  readonly hash: Buffer
}

export interface LakeHopParts {
  readonly log: EventLog
  readonly lake: Lake
  readonly failed: FailedIndex
  readonly erasures: Erasures
  /** Local folder for one fetched file at a time; it must exist. */
  readonly directory: string
  /**
   * Called for every archived row below the end of the comparison. With it every range is read, also one that the log no longer
   * has, and one that goes beyond the end is compared up to there.
   */
  readonly onRow?: ((row: ArchivedRow) => void) | undefined
}

export interface ArchivedRow {
  readonly partition: number
  readonly offset: number
  readonly id: string
  /** Of the canonical payload. */
  readonly hash: Buffer
  readonly event: Readonly<Record<string, unknown>>
}

/**
 * Compares the log with the lake record for record, one archived range at a time. Of ranges that the log no longer has it only
 * asks for the sizes of the files, unless every row is wanted.
 */
export function createLakeHop(
  contract: Topic,
  { log, lake, failed, erasures, directory, onRow }: LakeHopParts,
): HopCheck {
  const topic = contract.name
  const quarantine = `${quarantineFolder(topic)}/`
  /** Compaction removes records from the log that were archived before. */
  const isCompacted = contract.cleanup === 'compact'

  /** The range that contains `from`, else the next one after it. */
  async function manifestAt(partition: number, from: number): Promise<LakeManifest | null> {
    const exact = await readManifest(lake, topic, partition, from)
    if (exact) return exact
    for await (const manifest of readManifests(lake, topic, partition, { fromOffset: from }))
      if (manifest.lastOffset >= from) return manifest
    return null
  }

  /** First offset of the next claim after the one that begins at `first`. */
  async function nextClaim(partition: number, first: number): Promise<number | null> {
    const after = manifestPath(topic, partition, first).split('/').at(-1)!
    for (const { name } of await lake.list(manifestFolder(topic, partition), { after, limit: 2 })) {
      const found = readManifestName(name)
      if (found) return found.first
    }
    return null
  }

  async function* expectedOf(partition: number, from: number, to: number, tally: Tally) {
    for await (const records of log.read(topic, partition, from, to))
      for (const { value, offset } of records) {
        tally.cost++
        const event = readExactEvent(value)
        yield { offset, event, id: idOf(event, partition, offset) }
      }
  }

  async function notArchived(partition: number, from: number, to: number, tally: Tally): Promise<void> {
    for await (const { id } of expectedOf(partition, from, to, tally)) {
      tally.events++
      tally.miss(id, 'is not archived')
    }
  }

  /** Reads the rows of a file; a file that is missing or damaged is a finding, not an error. */
  async function eachRow(
    file: ManifestFile,
    tally: Tally,
    visit: (row: { readonly offset: number; readonly event: Record<string, unknown> }) => void,
  ): Promise<void> {
    try {
      for await (const rows of readDataFile(lake, file, { directory })) for (const row of rows) visit(row)
    } catch (error) {
      if (!isLakeFault(error)) throw error
      tally.complain(error.message)
    }
  }

  /** Compares a range; once more where an erasure replaces its manifest meanwhile and removes files that it names. */
  async function compareCurrent(
    manifest: LakeManifest,
    tally: Tally,
    compare: (manifest: LakeManifest, tally: Tally) => Promise<void>,
  ): Promise<void> {
    for (let current = manifest; ; ) {
      const attempt = new Tally(topic)
      await compare(current, attempt)
      const newest =
        attempt.missing + attempt.duplicate + attempt.unexpected > 0
          ? await readManifest(lake, topic, current.partition, current.firstOffset)
          : null
      if ((newest?.revision ?? 0) <= (current.revision ?? 0)) return tally.add(attempt)
      current = newest!
    }
  }

  /** @param to offset at which the comparison ends, at most the one after the range */
  async function compareContent(
    manifest: LakeManifest,
    { from, to }: { readonly from: number; readonly to: number },
    tally: Tally,
  ): Promise<void> {
    const { partition, firstOffset, lastOffset, kind, rows, files, erased = [] } = manifest
    tally.erased += countOffsets(offsetsWithin(erased, from, to - 1))
    const expected = new Map<number, Expected>()
    for await (const { offset, event, id } of expectedOf(partition, from, to, tally)) {
      if (hasOffset(erased, offset)) continue
      tally.events++
      if (event) expected.set(offset, { id, hash: payloadHash(contract, event) })
      else if (failed.has(topic, partition, { offset, by: 'lake' }) !== 'no') tally.failed++
      else tally.miss(id, 'cannot be read and is not in failed-events')
    }
    if (kind === 'gap') {
      tally.gaps += lastOffset - firstOffset + 1
      for (const { id } of expected.values()) tally.miss(id, 'is claimed as a gap, yet the log has it')
      return
    }
    const seen = new Set<number>()
    const unknown: number[] = []
    tally.cost += FETCH_COST * files.length
    for (const file of files)
      await eachRow(file, tally, ({ offset, event }) => {
        tally.cost++
        const where = `offset ${offset} of partition ${partition}`
        if (seen.has(offset)) {
          tally.duplicate++
          return tally.complain(`${where} is in the lake twice`)
        }
        seen.add(offset)
        if (offset < firstOffset || offset > lastOffset) {
          tally.unexpected++
          return tally.complain(`${where} is in a file of the range ${firstOffset} to ${lastOffset}`)
        }
        if (offset >= to) return
        if (hasOffset(erased, offset) || erasures.stateAt(topic, partition, offset) === 'complete') {
          tally.unexpected++
          return tally.complain(`${where} was erased, and is in the lake`)
        }
        if (file.path.startsWith(quarantine)) tally.quarantined++
        const hash = onRow || offset >= from ? payloadHash(contract, event) : NO_HASH
        onRow?.({ partition, offset, id: idOf(event, partition, offset), hash, event })
        if (offset < from) return
        const record = expected.get(offset)
        if (!record) return void unknown.push(offset)
        if (record.hash.equals(hash)) tally.found++
        else tally.miss(record.id, `(offset ${offset} of partition ${partition}) differs between log and lake`)
        expected.delete(offset)
      })
    for (const [offset, { id }] of expected) {
      if (failed.has(topic, partition, { offset, by: 'lake' }) === 'no') tally.miss(id, 'is not in the lake')
      else tally.failed++
    }
    const isExpired = from > lastOffset
    if (seen.size < rows && expected.size === 0 && (from === firstOffset || isExpired)) {
      tally.missing += isExpired ? rows - seen.size : 1
      tally.complain(
        `the range ${firstOffset} to ${lastOffset} of partition ${partition} has ${seen.size} of ${rows} rows`,
      )
    }
    // Retention may have taken records between the two readings.
    const { earliest = 0 } =
      unknown.length > 0 ? ((await log.range(topic)).find(range => range.partition === partition) ?? {}) : {}
    for (const offset of unknown)
      if (offset >= earliest && !isCompacted) {
        tally.unexpected++
        tally.complain(`${position(partition, offset)} is in the lake but not in the log`)
      }
  }

  /** Of a range that the log no longer has, compares the sizes of the files with the manifest. */
  async function compareSizes({ files, kind, firstOffset, lastOffset }: LakeManifest, tally: Tally): Promise<void> {
    if (kind === 'gap') tally.gaps += lastOffset - firstOffset + 1
    for (const file of files) {
      tally.cost += STAT_COST
      if (file.path.startsWith(quarantine)) tally.quarantined += file.rows
      const found =
        (await lake.stat(file.path)) ?? (await lake.stat(file.temporaryPath)) ?? (await lake.stat(file.path))
      if (found?.bytes === file.bytes) continue
      tally.missing += file.rows
      tally.complain(
        found ? `${file.path} has ${found.bytes} bytes, expected ${file.bytes}` : `${file.path} is not in the lake`,
      )
    }
  }

  return {
    topic,
    hop: 'lake',
    target: 'lake',
    group: groupOf('lake-archiver', contract.domain),
    async oldest(partition, earliest) {
      try {
        for await (const { firstOffset } of readManifests(lake, topic, partition))
          return Math.min(firstOffset, earliest)
      } catch (error) {
        // The comparison of those offsets reports it.
        if (isLakeFault(error)) return 0
        throw error
      }
      return earliest
    },
    async compare(partition, { from, to, earliest }) {
      const tally = new Tally(topic)
      let manifest: LakeManifest | null
      try {
        manifest = await manifestAt(partition, from)
      } catch (error) {
        if (!isLakeFault(error)) throw error
        tally.miss(`a manifest of partition ${partition} from offset ${from} on`, error.message)
        return tally.result(from, stepEnd(from, to))
      }
      if (manifest === null || manifest.firstOffset > from) {
        const end = stepEnd(from, Math.min(to, manifest?.firstOffset ?? to))
        if (from < earliest) {
          const to = Math.min(end, earliest)
          tally.missing += to - from
          tally.complain(
            `offsets ${from} to ${to - 1} of partition ${partition} are neither in the lake nor in the log`,
          )
        }
        await notArchived(partition, Math.max(from, earliest), end, tally)
        return tally.result(from, end)
      }
      const { firstOffset, lastOffset } = manifest
      if (lastOffset >= to && !onRow) return tally.result(from, from)
      const behind = Math.min(lastOffset + 1, to)
      const next = await nextClaim(partition, firstOffset)
      if (next !== null && next <= lastOffset) {
        tally.duplicate += lastOffset - next + 1
        tally.complain(`offsets ${next} to ${lastOffset} of partition ${partition} are archived twice`)
      }
      const part = { from: Math.max(from, firstOffset, earliest), to: behind }
      await compareCurrent(manifest, tally, (current, attempt) =>
        lastOffset < earliest && !onRow ? compareSizes(current, attempt) : compareContent(current, part, attempt),
      )
      tally.cost++
      return tally.result(from, behind)
    },
  }
}

import {
  groupOf,
  type LakeManifest,
  manifestFolder,
  manifestPath,
  payloadHash,
  quarantineFolder,
  type Topic,
} from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import { type Lake, type ManifestFile, readDataFile, readManifest, readManifests } from '@millrace/lake'
import { CodedError } from '@millrace/runtime'
import { idOf, position, readEvent } from '../record-id.ts'
import type { FailedIndex } from './failed-index.ts'
import { type HopCheck, stepEnd, Tally } from './hop.ts'

/** What a lake says of a file or manifest that is not what it should be; waiting changes none of them. */
const FAULTS = new Set(['data_file_missing', 'data_file_damaged', 'manifest_invalid'])

/** Whether an error is about what the lake holds, and not about whether it answers. */
const isLakeFault = (error: unknown): error is CodedError => error instanceof CodedError && FAULTS.has(error.code)

/** What looking for one file costs, in records. */
const LOOK_COST = 50
/** What fetching one file costs, in records: tens of milliseconds against tens of microseconds. */
const FETCH_COST = 1_000
const MANIFEST_NAME = /^(\d{20})\.json$/
interface Expected {
  readonly id: string
  readonly hash: Buffer
}

export interface LakeHopParts {
  readonly log: EventLog
  readonly lake: Lake
  readonly failed: FailedIndex
  /** Local folder for one fetched file at a time; it must exist. */
  readonly directory: string
  /** Told of each row that is read. */
  readonly onRow?: ((row: { readonly id: string; readonly hash: Buffer }) => Promise<void>) | undefined
}

/**
 * Compares the log with the lake record for record, one archived range at a time. Ranges that the log no longer has are only
 * looked for: whether their files are there with the length that the manifest says.
 */
export function createLakeHop(contract: Topic, { log, lake, failed, directory, onRow }: LakeHopParts): HopCheck {
  const topic = contract.name

  /** The range that holds `from`, else the next one behind it. */
  async function manifestAt(partition: number, from: number): Promise<LakeManifest | null> {
    const exact = await readManifest(lake, topic, partition, from)
    if (exact) return exact
    for await (const manifest of readManifests(lake, topic, partition, { fromOffset: from }))
      if (manifest.lastOffset >= from) return manifest
    return null
  }

  /** First offset of the next claim behind the one that begins at `first`. */
  async function nextClaim(partition: number, first: number): Promise<number | null> {
    const after = manifestPath(topic, partition, first).split('/').at(-1)!
    for (const { name } of await lake.list(manifestFolder(topic, partition), { after, limit: 2 })) {
      const match = MANIFEST_NAME.exec(name)
      if (match) return Number(match[1])
    }
    return null
  }

  async function* expectedOf(partition: number, from: number, to: number, tally: Tally) {
    for await (const records of log.read(topic, partition, from, to))
      for (const { value, offset } of records) {
        tally.cost++
        const event = readEvent(value)
        yield { offset, event, id: idOf(event, partition, offset) }
      }
  }

  async function notArchived(partition: number, from: number, to: number, tally: Tally): Promise<void> {
    for await (const { id } of expectedOf(partition, from, to, tally)) {
      tally.events++
      tally.miss(id, 'is not archived')
    }
  }

  /** The rows of a file; what is wrong with the file itself is a finding. */
  async function eachRow(
    file: ManifestFile & { readonly partition: number },
    tally: Tally,
    visit: (row: { readonly offset: number; readonly event: Record<string, unknown>; readonly hash: Buffer }) => void,
  ): Promise<void> {
    try {
      for await (const rows of readDataFile(lake, file, { directory }))
        for (const { offset, event } of rows) {
          const hash = payloadHash(event)
          await onRow?.({ id: idOf(event, file.partition, offset), hash })
          visit({ offset, event, hash })
        }
    } catch (error) {
      if (!isLakeFault(error)) throw error
      tally.complain(error.message)
    }
  }

  async function compareContent(manifest: LakeManifest, from: number, tally: Tally): Promise<void> {
    const { partition, firstOffset, lastOffset, kind, rows, files } = manifest
    const expected = new Map<number, Expected>()
    for await (const { offset, event, id } of expectedOf(partition, from, lastOffset + 1, tally)) {
      tally.events++
      if (event) expected.set(offset, { id, hash: payloadHash(event) })
      else if (failed.has(topic, partition, { offset, by: 'lake' }) !== 'no') tally.failed++
      else tally.miss(id, 'cannot be read and is not among the failed events')
    }
    if (kind === 'gap') {
      tally.gaps += lastOffset - firstOffset + 1
      for (const { id } of expected.values()) tally.miss(id, 'is claimed as a gap, yet the log has it')
      return
    }
    const seen = new Set<number>()
    const unknown: number[] = []
    tally.cost += FETCH_COST * files.length
    if (from === firstOffset) tally.quarantined += quarantinedRows(manifest)
    for (const file of files)
      await eachRow({ ...file, partition }, tally, ({ offset, hash }) => {
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
    if (seen.size < rows && expected.size === 0 && from === firstOffset)
      tally.miss(
        `the range ${firstOffset} to ${lastOffset} of partition ${partition}`,
        `has ${seen.size} of ${rows} rows`,
      )
    // Retention may have taken records between the two readings.
    const { earliest = 0 } =
      unknown.length > 0 ? ((await log.range(topic)).find(range => range.partition === partition) ?? {}) : {}
    for (const offset of unknown)
      if (offset >= earliest) {
        tally.unexpected++
        tally.complain(`${position(partition, offset)} is in the lake but not in the log`)
      }
  }

  /** Rows whose event time is implausible. */
  const quarantinedRows = ({ files }: LakeManifest): number =>
    files.reduce((sum, { path, rows }) => (path.startsWith(`${quarantineFolder(topic)}/`) ? sum + rows : sum), 0)

  /** A range that the log no longer has. */
  async function lookForFiles({ files, kind, firstOffset, lastOffset }: LakeManifest, tally: Tally): Promise<void> {
    if (kind === 'gap') tally.gaps += lastOffset - firstOffset + 1
    for (const file of files) {
      tally.cost += LOOK_COST
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
    group: groupOf('lake-archiver', contract.domain),
    async oldest(partition, earliest) {
      for await (const { firstOffset } of readManifests(lake, topic, partition)) return Math.min(firstOffset, earliest)
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
        if (from < earliest) tally.missing += Math.min(end, earliest) - from
        await notArchived(partition, Math.max(from, earliest), end, tally)
        return tally.result(from, end)
      }
      const { firstOffset, lastOffset } = manifest
      if (lastOffset >= to) return tally.result(from, from)
      const next = await nextClaim(partition, firstOffset)
      if (next !== null && next <= lastOffset) {
        tally.duplicate += lastOffset - next + 1
        tally.complain(`offsets ${next} to ${lastOffset} of partition ${partition} are archived twice`)
      }
      if (lastOffset < earliest) await lookForFiles(manifest, tally)
      else await compareContent(manifest, Math.max(from, firstOffset, earliest), tally)
      tally.cost++
      return tally.result(from, lastOffset + 1)
    },
  }
}

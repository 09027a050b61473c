import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { hourFolder, type LakeManifest, manifestPath, quarantineFolder } from '@millrace/contracts'
import { createNdjsonFormat, type Lake } from '@millrace/lake'

export interface Row {
  readonly offset: number
  readonly event: Readonly<Record<string, unknown>>
}

export interface RangeByHand {
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  /** Rows of each data file. */
  readonly files: readonly (readonly Row[])[]
  readonly kind?: LakeManifest['kind']
  /** Rows that the manifest says. */
  readonly rows?: number
  readonly isQuarantined?: boolean
}

let names = 0

/** Archives a range as no writer would: whatever the rows are. An older manifest of the range is replaced. */
export async function archiveByHand(lake: Lake, range: RangeByHand): Promise<LakeManifest> {
  const { topic, partition, first, last, kind = 'data', isQuarantined = false } = range
  const format = createNdjsonFormat()
  const directory = mkdtempSync(path.join(os.tmpdir(), 'by-hand-'))
  const folder = isQuarantined ? quarantineFolder(topic) : hourFolder(topic, 0)
  const files: LakeManifest['files'] = []
  for (const rows of range.files.filter(({ length }) => length > 0)) {
    const lines = path.join(directory, 'lines')
    const target = path.join(directory, 'target')
    writeFileSync(
      lines,
      await format.pack!(
        rows.map(({ event }) => Buffer.from(`${JSON.stringify(event)}\n`)).reduce((a, b) => Buffer.concat([a, b])),
      ),
    )
    await format.finish(
      lines,
      target,
      rows.map(({ offset }) => offset),
    )
    const bytes = readFileSync(target)
    const file = `${folder}/by-hand-${++names}.ndjson.zst`
    await lake.write(file, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    files.push({ path: file, temporaryPath: `${file}.tmp`, rows: rows.length, bytes: bytes.length, sha256 })
    await rm(target)
  }
  rmSync(directory, { recursive: true })
  const manifest: LakeManifest = {
    version: 1,
    topic,
    partition,
    firstOffset: first,
    lastOffset: last,
    kind,
    rows: range.rows ?? files.reduce((sum, { rows }) => sum + rows, 0),
    files,
    eventTimeFrom: null,
    eventTimeTo: null,
    writerId: 'by-hand',
    createdAt: '2024-01-01T00:00:00.000Z',
  }
  await lake.write(manifestPath(topic, partition, first), Buffer.from(JSON.stringify(manifest)))
  return manifest
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {
  dataFileName,
  type LakeFormat,
  type LakeManifest,
  manifestPath,
  periodFolder,
  quarantineFolder,
} from '@millrace/contracts'
import { buildDataFile, createFormat, type Lake } from '@millrace/lake'

import { topics } from './shop.ts'

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
  readonly format?: LakeFormat
  /** Hash that the names of the files say, where it is not that of their content. */
  readonly namedHash?: string
}

let names = 0

/** Archives a range as no writer would: whatever the rows are. An older manifest of the range is replaced. */
export async function archiveByHand(lake: Lake, range: RangeByHand): Promise<LakeManifest> {
  const { topic, partition, first, last, kind = 'data', isQuarantined = false, namedHash } = range
  const format = createFormat(range.format ?? 'ndjson.zst', topics.raw, partition)
  const directory = mkdtempSync(path.join(os.tmpdir(), 'by-hand-'))
  const folder = isQuarantined ? quarantineFolder(topic) : periodFolder(topic, format.name, 0)
  const files: LakeManifest['files'] = []
  for (const rows of range.files.filter(({ length }) => length > 0)) {
    const lines = path.join(directory, 'lines')
    const target = path.join(directory, 'target')
    const text = Buffer.from(rows.map(({ event }) => `${JSON.stringify(event)}\n`).join(''))
    writeFileSync(lines, (await format.pack?.(text)) ?? text)
    const offsets = rows.map(({ offset }) => offset)
    const { localFile, ...built } = await buildDataFile(format, { linesFile: lines, target, offsets })
    const name = { partition, first, last, format: format.name, sha256: namedHash ?? built.sha256 }
    const file = `${folder}/by-hand-${++names}-${dataFileName(name)}`
    await lake.write(file, { localFile })
    files.push({ path: file, temporaryPath: `${file}.tmp`, ...built })
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

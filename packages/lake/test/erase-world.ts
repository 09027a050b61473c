import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson, erasureTemporaryFolder, type LakeManifest } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { expect } from 'vitest'
import { eraseRows, type Lake, rangesOf, readManifests, readRange, removeErasureFiles } from '../src/index.ts'
import { type LoggedRecord, PARTITION, TOPIC } from './lake-world.ts'

export const ERASURE = '20240324T100000Z-test'

/** Erases offsets from every range of the partition, as a process does that may die anywhere. */
export async function eraseAll(
  lake: Lake,
  offsets: readonly number[],
  { directory, erasure = ERASURE }: { readonly directory: string; readonly erasure?: string },
): Promise<number> {
  let removed = 0
  const firsts: number[] = []
  for await (const { firstOffset } of readManifests(lake, TOPIC, PARTITION)) firsts.push(firstOffset)
  for (const firstOffset of firsts) {
    const range = { topic: TOPIC, partition: PARTITION, firstOffset }
    const done = await eraseRows(lake, range, rangesOf(offsets), { erasure, directory })
    removed += done?.removed ?? 0
  }
  await removeErasureFiles(lake, erasure)
  return removed
}

/** What a reader that goes by the manifests sees: the manifests, and the canonical rows by offset. Fails where a row comes twice. */
export async function readAll(lake: Lake, directory: string) {
  const rows = new Map<number, string>()
  const manifests: LakeManifest[] = []
  for await (const manifest of readManifests(lake, TOPIC, PARTITION)) {
    let own = new Map<number, string>()
    let current = manifest
    const onRestart = (newest: LakeManifest): void => {
      own = new Map()
      current = newest
    }
    for await (const { rows: some } of readRange(lake, manifest, { directory, onRestart }))
      for (const { offset, event } of some) {
        expect(own.has(offset) || rows.has(offset), `offset ${offset} comes once`).toBe(false)
        own.set(offset, canonicalJson(lol.topics.raw, event))
      }
    expect(own.size).toBe(current.rows)
    for (const [offset, row] of own) rows.set(offset, row)
    manifests.push(current)
  }
  return { manifests, rows }
}

/** Fails unless the lake holds the log without the erased offsets, says so, and has no other file. */
export async function expectErased(
  lake: Lake,
  log: readonly LoggedRecord[],
  {
    erased,
    directory,
    listed,
  }: { erased: readonly number[]; directory: string; listed: () => Promise<Map<string, number>> },
): Promise<LakeManifest[]> {
  const { manifests, rows } = await readAll(lake, directory)
  const kept = log.filter(({ offset }) => !erased.includes(offset))
  expect([...rows].sort(([a], [b]) => a - b)).toEqual(
    kept.map(({ offset, event }) => [offset, canonicalJson(lol.topics.raw, event)]),
  )
  let next = 0
  for (const { firstOffset, lastOffset, rows, erased: gone = [], files } of manifests) {
    expect(firstOffset).toBe(next)
    next = lastOffset + 1
    expect(rows + gone.reduce((sum, [first, last]) => sum + last - first + 1, 0)).toBe(lastOffset - firstOffset + 1)
    expect(files.reduce((sum, file) => sum + file.rows, 0)).toBe(rows)
  }
  expect(next).toBe(log.length)
  const named = manifests.flatMap(({ files }) => files.map(({ path }) => path))
  expect([...(await listed()).keys()].sort()).toEqual(named.sort())
  expect(await lake.list(erasureTemporaryFolder(ERASURE)), 'no temporary file is left').toEqual([])
  return manifests
}

export async function withFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'erase-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

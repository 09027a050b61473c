import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { canonicalJson, type LakeFormat, type LakeManifest, periodStart } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { ManualClock } from '@millrace/runtime'
import { expect } from 'vitest'
import {
  createDirectoryLake,
  createFormat,
  createSegmentBudget,
  createSegmentWriter,
  type Lake,
  QUARANTINE,
  readDataFile,
  readManifests,
  type SegmentObserver,
  type SegmentRow,
  type SegmentWriter,
} from '../src/index.ts'

const { raw } = lol.topics
export const TOPIC = raw.name
export const PARTITION = 2
const START_MS = Date.UTC(2024, 2, 24, 22)

export interface LoggedRecord {
  readonly offset: number
  readonly event: Record<string, unknown>
  readonly eventTimeMs: number
}

/** A log whose event times wander over three hours of two days, so that a range has several files; every 11th has a time nobody believes. */
export const makeLog = (records: number): LoggedRecord[] =>
  Array.from({ length: records }, (_, offset) => {
    const eventTimeMs = offset % 11 === 10 ? 0 : START_MS + ((offset * 7) % 3) * 3_600_000 + offset
    return {
      offset,
      eventTimeMs,
      event: { eventId: `e${offset}`, datetime: new Date(eventTimeMs).toISOString(), n: offset },
    }
  })

export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Folders of one test: a lake (a directory unless one is given), and a place for local files. */
export async function makeWorld(given?: Lake, formatName: LakeFormat = 'ndjson.zst') {
  const directory = await mkdtemp(join(tmpdir(), 'lake-world-'))
  const lakeDirectory = join(directory, 'lake')
  const lake = given ?? createDirectoryLake({ directory: lakeDirectory })
  const format = createFormat(formatName, raw, PARTITION)
  let writers = 0
  return {
    directory,
    lake,
    rowOf: ({ offset, eventTimeMs, event }: LoggedRecord): SegmentRow => ({
      offset,
      eventTimeMs,
      period: eventTimeMs === 0 ? QUARANTINE : periodStart(formatName, eventTimeMs),
      line: format.encode({ offset, timestampMs: START_MS, value: Buffer.from(JSON.stringify(event)), event }),
    }),
    /** Archives the log up to its end, a commit per `perSegment` records, from where the lake ends. */
    async archive(writer: SegmentWriter, log: readonly LoggedRecord[], perSegment: number): Promise<void> {
      await writer.open(writer.newestFirst)
      while (writer.next < log.length) {
        writer.add(this.rowOf(log[writer.next]!))
        if (writer.next - writer.committed >= perSegment) await writer.commit()
      }
      await writer.commit()
    },
    /** Sizes by path of what readers of the data folders see. */
    listed: (): Promise<Map<string, number>> => (given ? listedInLake(given, TOPIC) : listedInDirectory(lakeDirectory)),
    newWriter: (lake: Lake, observer: SegmentObserver = {}): SegmentWriter =>
      createSegmentWriter({
        lake,
        observer,
        format,
        topic: TOPIC,
        partition: PARTITION,
        writerId: `w${++writers}-${randomUUID()}`,
        directory: join(directory, `local-${writers}`),
        budget: createSegmentBudget(),
        clock: new ManualClock(START_MS),
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

export type World = Awaited<ReturnType<typeof makeWorld>>

/** Files of the topic's folder; nothing of `_tmp` and `_manifests`. */
async function listedInDirectory(lakeDirectory: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const entries = await readdir(join(lakeDirectory, TOPIC), { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    found.set(relative(lakeDirectory, path), (await stat(path)).size)
  }
  return found
}

async function listedInLake(lake: Lake, folder: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const { name, kind, bytes } of await lake.list(folder)) {
    const path = `${folder}/${name}`
    if (kind === 'file') found.set(path, bytes)
    else for (const [inner, size] of await listedInLake(lake, path)) found.set(inner, size)
  }
  return found
}

/** Watches the data folders as a reader does; `look` fails when a file that was seen has vanished or changed. */
export function makeReader(world: World) {
  const seen = new Map<string, number>()
  return async function look(): Promise<void> {
    const before = [...seen]
    const now = await world.listed()
    for (const [path, bytes] of before) {
      if (now.get(path) !== bytes)
        throw new Error(`A reader saw ${path} with ${bytes} bytes, now it has ${now.get(path)}.`)
    }
    for (const [path, bytes] of now) seen.set(path, bytes)
  }
}

export async function manifestsOf(lake: Lake): Promise<LakeManifest[]> {
  const manifests: LakeManifest[] = []
  for await (const manifest of readManifests(lake, TOPIC, PARTITION)) manifests.push(manifest)
  return manifests
}

/** Fails unless the lake holds every record of the log exactly once, and nothing else. */
export async function expectExactlyOnce(world: World, log: readonly LoggedRecord[]): Promise<LakeManifest[]> {
  const manifests = await manifestsOf(world.lake)
  let next = 0
  const rows = new Map<number, string>()
  for (const manifest of manifests) {
    expect(manifest.firstOffset, 'ranges follow one another').toBe(next)
    next = manifest.lastOffset + 1
    let rowsOfManifest = 0
    for (const file of manifest.files) {
      expect((await world.lake.stat(file.path))?.bytes, file.path).toBe(file.bytes)
      const named = /-([0-9a-f]{64})\./.exec(file.path)?.[1]
      if (file.path.endsWith('.ndjson'))
        expect(
          createHash('sha256')
            .update(await world.lake.read(file.path))
            .digest('hex'),
        ).toBe(named)
      else expect(named).toBeUndefined()
      let rowsOfFile = 0
      for await (const batch of readDataFile(world.lake, file, { directory: world.directory })) {
        for (const { offset, event } of batch) {
          expect(rows.has(offset), `offset ${offset} is stored once`).toBe(false)
          expect(offset).toBeGreaterThanOrEqual(manifest.firstOffset)
          expect(offset).toBeLessThanOrEqual(manifest.lastOffset)
          rows.set(offset, canonicalJson(raw, event))
          rowsOfFile += 1
        }
      }
      expect(rowsOfFile).toBe(file.rows)
      rowsOfManifest += rowsOfFile
    }
    expect(rowsOfManifest).toBe(manifest.rows)
  }
  expect(next).toBe(log.length)
  expect(rows.size).toBe(log.length)
  for (const { offset, event } of log) expect(rows.get(offset)).toBe(canonicalJson(raw, event))
  const named = manifests.flatMap(manifest => manifest.files.map(file => file.path))
  expect([...(await world.listed()).keys()].sort()).toEqual(named.sort())
  return manifests
}

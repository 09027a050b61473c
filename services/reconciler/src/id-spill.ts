import { appendFile, readFile, rm, unlink } from 'node:fs/promises'
import path from 'node:path'
import { makeDirectory } from '@millrace/runtime'

const BUCKETS = 256
const NO_IDS: ReadonlyMap<string, number> = new Map()
/** Characters in memory: about 30 MB. */
const FLUSH_CHARACTERS = 1 << 24

/** FNV-1a over the code units: only spreads ids over buckets. */
function bucketOf(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % BUCKETS
}

/** For each source the ids of one bucket, with how often each was added. */
export type IdBucket = ReadonlyMap<string, ReadonlyMap<string, number>>

export interface IdSpill {
  add(source: string, id: string): void
  /** Writes out what was added, once it is much. Await it between additions, so that they stay within memory. */
  relieve(): Promise<void>
  /** The ids of some sources, one bucket that has any after the other: an id has the same bucket in each source. Call once for a source. */
  buckets(sources: readonly string[]): AsyncIterable<IdBucket>
  remove(): Promise<void>
}

interface Source {
  /** By bucket. */
  readonly pending: string[][]
  /** Of all that is pending. */
  characters: number
  readonly written: Set<number>
}

const isEmpty = ({ pending, written }: Source, bucket: number): boolean =>
  pending[bucket]!.length === 0 && !written.has(bucket)

/** Sets of ids too large for memory: they are spread by hash over files, of which one bucket at a time is read. */
export function createIdSpill(directory: string): IdSpill {
  const spilled = new Map<string, Source>()
  let characters = 0
  const fileOf = (source: string, bucket: number): string =>
    path.join(directory, `${encodeURIComponent(source)}.${bucket}`)

  /** Writes the largest sources until half is left: each source opens 256 files, which is worth it for many ids only. */
  async function flush(): Promise<void> {
    await makeDirectory(directory)
    for (const [name, source] of [...spilled].toSorted(([, a], [, b]) => b.characters - a.characters)) {
      if (characters <= FLUSH_CHARACTERS / 2) return
      characters -= source.characters
      source.characters = 0
      for (const [bucket, ids] of source.pending.entries())
        if (ids.length > 0) {
          source.written.add(bucket)
          await appendFile(fileOf(name, bucket), `${ids.splice(0).join('\n')}\n`)
        }
    }
  }

  async function takeBucket(name: string, bucket: number): Promise<ReadonlyMap<string, number>> {
    const source = spilled.get(name)
    if (!source || isEmpty(source, bucket)) return NO_IDS
    const counts = new Map<string, number>()
    const count = (id: string): void => void counts.set(id, (counts.get(id) ?? 0) + 1)
    if (source.written.delete(bucket)) {
      const file = fileOf(name, bucket)
      for (const id of (await readFile(file, 'utf8')).split('\n')) if (id !== '') count(id)
      await unlink(file)
    }
    for (const id of source.pending[bucket]!.splice(0)) count(id)
    return counts
  }

  return {
    add(name, id) {
      let source = spilled.get(name)
      if (!source) {
        source = { pending: Array.from({ length: BUCKETS }, () => []), characters: 0, written: new Set() }
        spilled.set(name, source)
      }
      source.pending[bucketOf(id)]!.push(id)
      source.characters += id.length
      characters += id.length
    },
    async relieve() {
      if (characters >= FLUSH_CHARACTERS) await flush()
    },
    async *buckets(sources) {
      const added = sources.flatMap(name => spilled.get(name) ?? [])
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        if (added.every(source => isEmpty(source, bucket))) continue
        const counts = new Map<string, ReadonlyMap<string, number>>()
        for (const name of sources) counts.set(name, await takeBucket(name, bucket))
        yield counts
      }
    },
    async remove() {
      await rm(directory, { recursive: true, force: true })
    },
  }
}

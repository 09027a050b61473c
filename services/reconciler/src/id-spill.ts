import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'

const BUCKETS = 256
const FLUSH_CHARACTERS = 1 << 22

/** FNV-1a over the code units: only spreads ids over buckets. */
function bucketOf(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % BUCKETS
}

export interface IdSpill {
  /** Adds an id of a source. Await the result now and then: it is a promise only when something has to be written. */
  add(source: string, id: string): Promise<void> | undefined
  /** Per bucket, for each source the ids with how often each was added. Call once, after the last `add`. */
  buckets(): AsyncIterable<ReadonlyMap<string, ReadonlyMap<string, number>>>
}

/** Sets of ids too large for memory: they are spread by hash over files, of which one at a time is read. */
export function createIdSpill(directory: string): IdSpill {
  const pending = new Map<string, string[]>()
  const sources = new Set<string>()
  let characters = 0
  const fileOf = (source: string, bucket: number): string =>
    path.join(directory, `${encodeURIComponent(source)}.${bucket}`)

  async function flush(): Promise<void> {
    const batch = [...pending]
    pending.clear()
    characters = 0
    await mkdir(directory, { recursive: true })
    for (const [file, ids] of batch) await appendFile(file, `${ids.join('\n')}\n`)
  }

  return {
    add(source, id) {
      sources.add(source)
      const file = fileOf(source, bucketOf(id))
      const ids = pending.get(file)
      if (ids) ids.push(id)
      else pending.set(file, [id])
      characters += id.length
      return characters >= FLUSH_CHARACTERS ? flush() : undefined
    },
    async *buckets() {
      await flush()
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const counts = new Map<string, Map<string, number>>()
        for (const source of sources) {
          const ids = new Map<string, number>()
          const text = await readFile(fileOf(source, bucket), 'utf8').catch((error: NodeJS.ErrnoException) => {
            if (error.code === 'ENOENT') return ''
            throw error
          })
          for (const id of text.split('\n')) if (id !== '') ids.set(id, (ids.get(id) ?? 0) + 1)
          counts.set(source, ids)
        }
        yield counts
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

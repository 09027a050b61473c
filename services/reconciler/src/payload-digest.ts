import { createHash, type Hash } from 'node:crypto'
import { appendFile, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { makeDirectory } from '@millrace/runtime'

const BUCKETS = 256
const HASH_BYTES = 32
const FLUSH_HASHES = 1 << 17

export interface PayloadDigests {
  /** SHA-256 over the distinct hashes of all sets in ascending order, as `sha256:<hex>`. */
  readonly all: string
  readonly bySet: Readonly<Record<string, string>>
}

export interface PayloadDigest {
  /** Adds the 32-byte hash of one payload to a set. */
  add(set: string, hash: Buffer): void
  /** Writes out what was added, once it is much. Await it between additions, so that they stay within memory. */
  relieve(): Promise<void>
  /** Call once. */
  finish(): Promise<PayloadDigests>
}

/** Adds distinct hashes, ascending. */
function update(digest: Hash, hashes: Buffer[]): void {
  hashes.sort(Buffer.compare)
  for (const [index, hash] of hashes.entries()) if (index === 0 || !hash.equals(hashes[index - 1]!)) digest.update(hash)
}

const resultOf = (digest: Hash): string => `sha256:${digest.digest('hex')}`

/** Digests of sets of payloads that depend neither on their order nor on repetitions; sorts by first byte on disk. */
export function createPayloadDigest(directory: string, sets: readonly string[]): PayloadDigest {
  const pending = new Map(sets.map(set => [set, Array.from({ length: BUCKETS }, (): Buffer[] => [])]))
  let count = 0
  let isSpilled = false
  const fileOf = (set: string, bucket: number): string => path.join(directory, `${encodeURIComponent(set)}.${bucket}`)

  async function flush(): Promise<void> {
    count = 0
    isSpilled = true
    await makeDirectory(directory)
    for (const [set, buckets] of pending)
      for (const [bucket, hashes] of buckets.entries())
        if (hashes.length > 0) await appendFile(fileOf(set, bucket), Buffer.concat(hashes.splice(0)))
  }

  async function readBucket(set: string, bucket: number): Promise<Buffer[]> {
    if (!isSpilled) return pending.get(set)![bucket]!
    const bytes = await readFile(fileOf(set, bucket)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    })
    const written = Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
      bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
    )
    return [...written, ...pending.get(set)![bucket]!]
  }

  return {
    add(set, hash) {
      pending.get(set)![hash[0]!]!.push(hash)
      count++
    },
    async relieve() {
      if (count >= FLUSH_HASHES) await flush()
    },
    async finish() {
      const all = createHash('sha256')
      const digests = new Map(sets.map(set => [set, createHash('sha256')]))
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const union: Buffer[] = []
        for (const [set, digest] of digests) {
          const hashes = await readBucket(set, bucket)
          update(digest, hashes)
          for (const hash of hashes) union.push(hash)
        }
        update(all, union)
      }
      await rm(directory, { recursive: true, force: true })
      return {
        all: resultOf(all),
        bySet: Object.fromEntries([...digests].map(([set, digest]) => [set, resultOf(digest)])),
      }
    },
  }
}

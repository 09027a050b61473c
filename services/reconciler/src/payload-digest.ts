import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'

const HASH_BYTES = 32
const FLUSH_HASHES = 1 << 17

export interface PayloadDigest {
  /** Adds the 32-byte hash of one payload. */
  add(hash: Buffer): Promise<void> | undefined
  /** SHA-256 over the distinct hashes in ascending order, as `sha256:<hex>`. Call once. */
  finish(): Promise<string>
}

/** A digest of a set of payloads that depends neither on their order nor on repetitions; sorts by first byte on disk. */
export function createPayloadDigest(directory: string): PayloadDigest {
  const pending: Buffer[][] = Array.from({ length: 256 }, () => [])
  let count = 0
  const fileOf = (bucket: number): string => path.join(directory, `hashes.${bucket}`)

  async function flush(): Promise<void> {
    const batch = pending.map(hashes => hashes.splice(0))
    count = 0
    await mkdir(directory, { recursive: true })
    for (const [bucket, hashes] of batch.entries())
      if (hashes.length > 0) await appendFile(fileOf(bucket), Buffer.concat(hashes))
  }

  return {
    add(hash) {
      pending[hash[0]!]!.push(hash)
      return ++count >= FLUSH_HASHES ? flush() : undefined
    },
    async finish() {
      await flush()
      const digest = createHash('sha256')
      for (let bucket = 0; bucket < 256; bucket++) {
        const bytes = await readFile(fileOf(bucket)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return Buffer.alloc(0)
          throw error
        })
        const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
          bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
        )
        hashes.sort(Buffer.compare)
        for (const [index, hash] of hashes.entries())
          if (index === 0 || !hash.equals(hashes[index - 1]!)) digest.update(hash)
      }
      await rm(directory, { recursive: true, force: true })
      return `sha256:${digest.digest('hex')}`
    },
  }
}

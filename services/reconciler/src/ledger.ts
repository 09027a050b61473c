import { createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** Longest id with its newline, bytes. */
const TAIL_BYTES = 4096

/** Bytes of whole lines in each file of a ledger, by its path. */
export type LedgerSizes = ReadonlyMap<string, number>

async function filesOf(ledger: string, topic: string): Promise<string[]> {
  const folder = path.join(ledger, topic)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  return names.filter(name => name.endsWith('.ids')).map(name => path.join(folder, name))
}

async function wholeLines(file: string): Promise<number> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const from = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
    return from + buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
  } finally {
    await handle.close()
  }
}

/** How far the files of a ledger go now: what is appended later is left out by `ledgerIds`. */
export async function sizesOfLedger(ledger: string): Promise<LedgerSizes> {
  const sizes = new Map<string, number>()
  for (const topic of await readdir(ledger))
    for (const file of await filesOf(ledger, topic)) sizes.set(file, await wholeLines(file))
  return sizes
}

/** The ids of a topic that senders know to be acknowledged. */
export async function* ledgerIds(ledger: string, topic: string, sizes?: LedgerSizes): AsyncIterable<string> {
  for (const file of await filesOf(ledger, topic)) {
    const bytes = sizes ? (sizes.get(file) ?? 0) : Number.POSITIVE_INFINITY
    if (bytes === 0) continue
    const input = createReadStream(file, { end: bytes - 1 })
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      if (line !== '') yield line
  }
}

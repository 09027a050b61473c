import * as real from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { processHere } from './current-process.ts'
import { isOnDisk } from './disk-paths.ts'

export { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

export const existsSync = (path: string): boolean => {
  if (!isOnDisk(path)) return real.existsSync(path)
  const { disk } = processHere()
  return disk.isFile(path) || disk.isFolder(path)
}

export const mkdirSync: typeof real.mkdirSync = (path, options) => {
  if (!isOnDisk(String(path))) return real.mkdirSync(path, options as never) as never
  processHere().disk.makeFolder(String(path), typeof options === 'object' && options?.recursive === true)
  return undefined as never
}

export const statSync = (path: string): { isDirectory(): boolean; readonly size: number } => {
  if (!isOnDisk(path)) return real.statSync(path)
  const { disk } = processHere()
  return { size: disk.size(path), isDirectory: () => disk.isFolder(path) }
}

interface ReadOptions {
  readonly start?: number
  readonly end?: number
}

export function createReadStream(
  path: string,
  { start = 0, end = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Readable {
  const { disk } = processHere()
  return new Readable({
    read() {
      try {
        const { content } = disk.open(path, 'r')
        const bytes = Buffer.from(content.subarray(start, Math.min(end + 1, content.length)))
        if (bytes.length > 0) this.push(bytes)
        this.push(null)
      } catch (error) {
        this.destroy(error as Error)
      }
    },
  })
}

export function createWriteStream(path: string): Writable {
  const file = processHere().disk.open(path, 'w')
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      file.write(chunk, file.length)
      done()
    },
  })
}

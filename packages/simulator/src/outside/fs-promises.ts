import * as real from 'node:fs'
import type { MemoryDisk, MemoryFile } from '../memory-disk.ts'
import { processHere } from './current-process.ts'
import { isOnDisk } from './disk-paths.ts'

/** Does something with the disk of the process; on this machine's only what the product brings with it is read. */
function onDisk<T>(name: string, path: string, work: (disk: MemoryDisk) => T, elsewhere?: () => T): Promise<T> {
  if (isOnDisk(path)) {
    const process = processHere()
    return process.locally(name, () => work(process.disk))
  }
  if (!elsewhere) throw new Error(`A process of the simulation may not change ${path}: its disk is below /disk.`)
  return Promise.resolve(elsewhere())
}

class FileHandle {
  readonly #path: string
  readonly #file: MemoryFile
  readonly #isAppending: boolean

  constructor(path: string, file: MemoryFile, isAppending: boolean) {
    this.#path = path
    this.#file = file
    this.#isAppending = isAppending
  }

  #do<T>(name: string, work: () => T): Promise<T> {
    return onDisk(name, this.#path, work)
  }

  write(bytes: Buffer, offset = 0, length = bytes.length - offset, position: number | null = null) {
    return this.#do('writes', () => {
      this.#file.write(bytes.subarray(offset, offset + length), position ?? this.#file.length)
      return { bytesWritten: length, buffer: bytes }
    })
  }

  read(bytes: Buffer, offset: number, length: number, position: number) {
    return this.#do('reads', () => {
      const found = this.#file.content.subarray(position, position + length)
      bytes.set(found, offset)
      return { bytesRead: found.length, buffer: bytes }
    })
  }

  truncate(length = 0): Promise<void> {
    return this.#do('truncates', () => this.#file.truncate(length))
  }

  writeFile(content: Buffer | string): Promise<void> {
    return this.#do('writes', () => this.#file.write(Buffer.from(content), this.#isAppending ? this.#file.length : 0))
  }

  appendFile(content: Buffer | string): Promise<void> {
    return this.#do('appends', () => this.#file.write(Buffer.from(content), this.#file.length))
  }

  async sync(): Promise<void> {}
  async close(): Promise<void> {}

  async stat(): Promise<{ readonly size: number }> {
    return { size: this.#file.length }
  }
}

export type { FileHandle }

export const open = (path: string, flags = 'r'): Promise<FileHandle> =>
  onDisk('opens', path, disk => new FileHandle(path, disk.open(path, flags), flags.startsWith('a')))

export const readFile = (path: string, encoding?: BufferEncoding): Promise<Buffer | string> =>
  onDisk<Buffer | string>(
    'reads',
    path,
    disk => {
      const bytes = Buffer.from(disk.open(path, 'r').content)
      return encoding ? bytes.toString(encoding) : bytes
    },
    () => (encoding ? real.readFileSync(path, encoding) : real.readFileSync(path)),
  )

const replace = (disk: MemoryDisk, path: string, content: Buffer | string, flags: string): void => {
  const file = disk.open(path, flags)
  file.write(Buffer.from(content), file.length)
}

export const writeFile = (path: string, content: Buffer | string): Promise<void> =>
  onDisk('writes', path, disk => replace(disk, path, content, 'w'))

export const appendFile = (path: string, content: Buffer | string): Promise<void> =>
  onDisk('appends', path, disk => replace(disk, path, content, 'a'))

export const rm = (path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> =>
  onDisk('removes', path, disk => disk.remove(path, options))

export const unlink = (path: string): Promise<void> => onDisk('removes', path, disk => disk.unlink(path))

export const rename = (from: string, to: string): Promise<void> =>
  onDisk('renames', from, disk => disk.rename(from, to))

export const copyFile = (from: string, to: string): Promise<void> =>
  onDisk('copies', from, disk => replace(disk, to, Buffer.from(disk.open(from, 'r').content), 'w'))

export const mkdir = (path: string, options: { recursive?: boolean } = {}): Promise<void> =>
  onDisk('makes a folder', path, disk => disk.makeFolder(path, options.recursive))

export const mkdtemp = (prefix: string, suffix = processHere().random.uuid().slice(0, 6)): Promise<string> =>
  onDisk('makes a folder', prefix, disk => {
    const path = `${prefix}${suffix}`
    disk.makeFolder(path)
    return path
  })

export const readdir = (path: string): Promise<string[]> =>
  onDisk(
    'lists',
    path,
    disk => disk.list(path),
    () => real.readdirSync(path),
  )

export const stat = (path: string): Promise<{ readonly size: number }> =>
  onDisk(
    'looks',
    path,
    disk => ({ size: disk.size(path) }),
    () => real.statSync(path),
  )

const notSimulated = (name: string) => (): Promise<never> =>
  Promise.reject(new Error(`The simulated disk has no "${name}".`))

// What services on servers do not use.
export const access = notSimulated('access')
export const link = notSimulated('link')
export const lstat = notSimulated('lstat')
export const realpath = notSimulated('realpath')
export const truncate = notSimulated('truncate')

const FIRST_BYTES = 1 << 10

const systemError = (code: string, call: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path })

class MemoryFile {
  #bytes = Buffer.alloc(0)
  length = 0

  get content(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(FIRST_BYTES, end, 2 * this.#bytes.length))
      this.#bytes.copy(grown, 0, 0, this.length)
      this.#bytes = grown
    }
    this.#bytes.set(bytes, position)
    this.length = Math.max(this.length, end)
  }

  truncate(length: number): void {
    if (length > this.length) this.write(Buffer.alloc(length - this.length), this.length)
    this.length = length
  }
}

export type { MemoryFile }

/** The local disk of a machine, in memory; paths are absolute. Errors have the codes of the system. */
export class MemoryDisk {
  readonly #files = new Map<string, MemoryFile>()
  readonly #folders = new Set<string>(['/'])

  /** Paths of all files. */
  get files(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** Opens as `open` of the system does with the flags r, r+, w, a and a+. */
  open(path: string, flags: string): MemoryFile {
    let file = this.#files.get(path)
    if (!file) {
      if (flags.startsWith('r')) throw systemError('ENOENT', 'open', path)
      if (!this.#folders.has(parentOf(path))) throw systemError('ENOENT', 'open', path)
      file = new MemoryFile()
      this.#files.set(path, file)
    } else if (flags.startsWith('w')) file.truncate(0)
    return file
  }

  isFile(path: string): boolean {
    return this.#files.has(path)
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path)
  }

  /** Bytes of a file; 0 of a folder. */
  size(path: string): number {
    if (this.#folders.has(path)) return 0
    const file = this.#files.get(path)
    if (!file) throw systemError('ENOENT', 'stat', path)
    return file.length
  }

  makeFolder(path: string, recursive = false): void {
    if (this.#folders.has(path)) {
      if (recursive) return
      throw systemError('EEXIST', 'mkdir', path)
    }
    const parent = parentOf(path)
    if (!this.#folders.has(parent)) {
      if (!recursive) throw systemError('ENOENT', 'mkdir', path)
      this.makeFolder(parent, true)
    }
    this.#folders.add(path)
  }

  /** Names in a folder, in no order. */
  list(folder: string): string[] {
    if (!this.#folders.has(folder)) throw systemError('ENOENT', 'scandir', folder)
    const names = new Set<string>()
    for (const path of [...this.#files.keys(), ...this.#folders])
      if (path !== folder && parentOf(path) === folder) names.add(path.slice(path.lastIndexOf('/') + 1))
    return [...names]
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (!file) throw systemError('ENOENT', 'rename', from)
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  unlink(path: string): void {
    if (!this.#files.delete(path)) throw systemError('ENOENT', 'unlink', path)
  }

  /** Removes a file, or a folder with everything in it. */
  remove(path: string, { recursive, force }: { readonly recursive?: boolean; readonly force?: boolean } = {}): void {
    if (this.#files.delete(path)) return
    if (!this.#folders.has(path)) {
      if (force) return
      throw systemError('ENOENT', 'rm', path)
    }
    if (!recursive) throw systemError('ERR_FS_EISDIR', 'rm', path)
    const prefix = `${path}/`
    for (const file of [...this.#files.keys()]) if (file.startsWith(prefix)) this.#files.delete(file)
    for (const folder of [...this.#folders])
      if (folder === path || folder.startsWith(prefix)) this.#folders.delete(folder)
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

import type { Reply } from '@millrace/lake/webhdfs-client'

const PAGE_NAMES = 100

interface StoredFile {
  readonly bytes: Buffer
  readonly writtenMs: number
}

const reply = (status: number, body: unknown): Reply => ({ status, body: JSON.stringify(body) })

const exception = (status: number, name: string, message: string): Reply =>
  reply(status, { RemoteException: { exception: name, message } })

const notFound = (path: string): Reply => exception(404, 'FileNotFoundException', `File does not exist: ${path}`)

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** The namespace and the blocks of an HDFS cluster, as WebHDFS answers for them. */
export class LakeServer {
  readonly #files = new Map<string, StoredFile>()
  /** Names in each folder. */
  readonly #folders = new Map<string, Set<string>>([['/', new Set()]])
  isUp = true
  /** How long a listing does not show what is new, ms. */
  listingLagMs = 0

  get files(): readonly string[] {
    return [...this.#files.keys()]
  }

  #write(path: string, file: StoredFile): void {
    this.#makeFolder(parentOf(path))
    this.#files.set(path, file)
    this.#folders.get(parentOf(path))!.add(path.slice(path.lastIndexOf('/') + 1))
  }

  #unlink(path: string): boolean {
    this.#folders.get(parentOf(path))?.delete(path.slice(path.lastIndexOf('/') + 1))
    return this.#files.delete(path)
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return
    this.#makeFolder(parentOf(path))
    this.#folders.set(path, new Set())
    this.#folders.get(parentOf(path))!.add(path.slice(path.lastIndexOf('/') + 1))
  }

  #statusOf(path: string, pathSuffix: string) {
    const file = this.#files.get(path)
    if (file) return { pathSuffix, type: 'FILE', length: file.bytes.length, modificationTime: file.writtenMs }
    return this.#folders.has(path) ? { pathSuffix, type: 'DIRECTORY', length: 0, modificationTime: 0 } : null
  }

  stat(path: string): Reply {
    const status = this.#statusOf(path, '')
    return status ? reply(200, { FileStatus: status }) : notFound(path)
  }

  makeFolders(path: string): Reply {
    this.#makeFolder(path)
    return reply(200, { boolean: true })
  }

  /** Refuses as HDFS does: an existing target, a missing source, a missing folder. */
  rename(from: string, to: string): Reply {
    const file = this.#files.get(from)
    const mayRename = file && !this.#files.has(to) && !this.#folders.has(to) && this.#folders.has(parentOf(to))
    if (mayRename) {
      this.#unlink(from)
      this.#write(to, file)
    }
    return reply(200, { boolean: mayRename === true })
  }

  remove(path: string): Reply {
    return reply(200, { boolean: this.#unlink(path) })
  }

  /** A page of a folder; entries that are younger than the lag are not shown yet. */
  list(path: string, after: string, nowMs: number): Reply {
    const names = this.#folders.get(path)
    if (!names) return notFound(path)
    const left = [...names]
      .filter(name => name > after && this.#isListed(`${path}/${name}`, nowMs))
      .sort((a, b) => (a < b ? -1 : 1))
    const entries = left.slice(0, PAGE_NAMES).map(name => this.#statusOf(`${path}/${name}`, name))
    return reply(200, {
      DirectoryListing: {
        partialListing: { FileStatuses: { FileStatus: entries } },
        remainingEntries: Math.max(0, left.length - PAGE_NAMES),
      },
    })
  }

  #isListed(path: string, nowMs: number): boolean {
    const file = this.#files.get(path)
    return !file || this.listingLagMs === 0 || file.writtenMs + this.listingLagMs <= nowMs
  }

  has(path: string): boolean {
    return this.#files.has(path)
  }

  create(path: string, bytes: Buffer, nowMs: number): Reply {
    if (this.#files.has(path)) return exception(403, 'FileAlreadyExistsException', `${path} already exists`)
    this.#write(path, { bytes, writtenMs: nowMs })
    return { status: 201, body: '' }
  }

  read(path: string): Buffer | null {
    return this.#files.get(path)?.bytes ?? null
  }

  /** A file is gone, as if its blocks were. */
  lose(path: string): void {
    this.#unlink(path)
  }
}

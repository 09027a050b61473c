import { randomUUID } from 'node:crypto'
import { open, rm, stat as statLocal } from 'node:fs/promises'
import { type Clock, CodedError, type Logger } from '@millrace/runtime'
import { fromFileSystem, lakeError } from '../errors.ts'
import type { Lake, LakeEntry } from '../lake.ts'
import { pathSegments } from '../lake-path.ts'
import { createAgents } from './agents.ts'
import type { WebHdfsIdentity, WebHdfsTls } from './connection.ts'
import { createNameNodes, type RetryOptions } from './name-nodes.ts'
import { createNamespaceClient } from './namespace-client.ts'
import { booleanOf, type Call, isNameNodeFault, jsonOf, type Reply } from './reply.ts'
import { createFile, readFile, type Transfer } from './transfer.ts'
import { createTransferClient } from './transfer-client.ts'

export interface WebHdfsLakeOptions extends WebHdfsIdentity {
  /** `http://host:9870` or `https://host:9871` of each NameNode, or of one HttpFS gateway. */
  readonly nameNodes: readonly string[]
  /** Absolute HDFS path of the lake's root. */
  readonly root: string
  readonly clock: Clock
  readonly logger?: Logger
  readonly tls?: WebHdfsTls
  /** A NameNode that has not answered after this long is left for the next one. */
  readonly answerTimeoutMs?: number
  /** A transfer of data in which nothing moved for this long has failed. */
  readonly stallTimeoutMs?: number
  readonly retry?: Partial<RetryOptions>
  /** Makes the name under which one try of a write goes to HDFS. */
  readonly newId?: () => string
}

interface FileStatus {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
  readonly length: number
  readonly modificationTime: number
}

const entryOf = (name: string, { type, length, modificationTime }: FileStatus): LakeEntry => ({
  name,
  kind: type === 'DIRECTORY' ? 'folder' : 'file',
  bytes: type === 'DIRECTORY' ? 0 : length,
  modifiedMs: modificationTime,
})

const isNotFound = (error: unknown): boolean => error instanceof CodedError && error.code === 'not_found'

/**
 * A lake in HDFS over WebHDFS. Accepts nothing but the expected answer, verifies what it wrote, and settles what was not
 * answered by looking; fails over between NameNodes and waits for none longer than its time.
 */
export function createWebHdfsLake(options: WebHdfsLakeOptions): Lake {
  const { clock, logger, tls = {}, answerTimeoutMs = 10_000, stallTimeoutMs = 60_000, newId = randomUUID } = options
  const retry = { attempts: 5, firstDelayMs: 200, ...options.retry }
  const urls = options.nameNodes.map(address => new URL(address))
  if (urls.length === 0) throw lakeError('path_refused', { path: options.root, reason: 'no NameNode is given' })
  const nameNodes = createNameNodes({ urls, answerTimeoutMs, retry, clock, logger })
  const agents = createAgents(tls, answerTimeoutMs)
  const names = createNamespaceClient(options, agents)
  const client = createTransferClient(options, agents)
  const transfer: Transfer = { nameNodes, client, clock, stallTimeoutMs }
  const root = options.root.replace(/\/+$/, '')
  if (!root.startsWith('/')) throw lakeError('path_refused', { path: options.root, reason: 'the root is not absolute' })
  const location = `${nameNodes.where}${root}`
  const absolute = (path: string): string => `${root}/${pathSegments(path).join('/')}`
  const callOf = (operation: string, path: string): Call => ({ where: location, operation, path })
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

  const askNames = (call: Call, work: (nameNode: URL, signal: AbortSignal) => Promise<Reply>) =>
    nameNodes.ask(call, work)

  async function statOnce(call: Call, full: string): Promise<FileStatus | null> {
    const reply = await askNames(call, (nameNode, signal) => names.stat(nameNode, full, signal))
    try {
      return jsonOf<{ FileStatus: FileStatus }>(reply, call).FileStatus
    } catch (error) {
      if (isNotFound(error)) return null
      throw error
    }
  }

  async function makeFolder(call: Call, full: string): Promise<void> {
    const reply = await askNames(call, (nameNode, signal) => names.mkdirs(nameNode, full, signal))
    if (!booleanOf(reply, call))
      throw lakeError('lake_refused', { ...call, reason: `the folder ${full} cannot be made` })
  }

  /** Renames, or says why not by what is there afterwards. */
  function renameFull(call: Call, from: string, to: string): ReturnType<Lake['rename']> {
    let isSettled = true
    return nameNodes.retrying(async () => {
      // An answer was lost: what is there now says whether there is still something to do.
      if (!isSettled && (await statOnce(call, to))) return 'target-exists'
      for (let folders = 0; ; folders++) {
        let reply: Reply
        try {
          reply = await askNames(call, (nameNode, signal) => names.rename(nameNode, from, to, signal))
        } catch (error) {
          isSettled = false
          throw error
        }
        if (booleanOf(reply, call)) return 'renamed'
        if (await statOnce(call, to)) return 'target-exists'
        if (!(await statOnce(call, from))) return 'source-missing'
        if (folders > 0)
          throw lakeError('lake_unavailable', { ...call, reason: 'the rename is refused without a reason' })
        await makeFolder(call, parentOf(to))
      }
    })
  }

  async function removeFull(call: Call, full: string): Promise<boolean> {
    const found = await nameNodes.retrying(() => statOnce(call, full))
    if (!found) return false
    if (found.type === 'DIRECTORY') throw lakeError('path_refused', { ...call, reason: 'it is a folder' })
    return nameNodes.retrying(async index => {
      const reply = await askNames(call, (nameNode, signal) => names.remove(nameNode, full, signal))
      // After an unanswered try "false" may be one's own success.
      return booleanOf(reply, call) || index > 0
    })
  }

  /** Writes the bytes under a name of their own, once, and verifies their number. */
  async function stage(
    call: Call,
    full: string,
    source: Buffer | { readonly localFile: string },
    bytes: number,
  ): Promise<string> {
    let avoid: string[] = []
    return nameNodes.retrying(async () => {
      const staged = `${full}~${newId()}`
      const given = avoid
      avoid = []
      const created = await createFile(transfer, call, { path: staged, source, bytes, avoid: given })
      if (!created.ok) {
        // With the failed one left out the NameNode may have none to offer; then the next try leaves out nobody.
        if (given.length === 0) avoid = [created.host]
        await discard(staged)
        throw created.error
      }
      const found = await statOnce(call, staged)
      if (found?.length === bytes) return staged
      await discard(staged)
      throw lakeError('write_incomplete', { ...call, got: found?.length ?? 'no', expected: bytes })
    })
  }

  /** Best effort: what stays is swept away with the other temporary files. */
  async function discard(staged: string): Promise<void> {
    const call = callOf('remove', staged)
    try {
      await askNames(call, (nameNode, signal) => names.remove(nameNode, staged, signal))
    } catch (error) {
      if (!isNameNodeFault(error)) throw error
    }
  }

  async function write(
    path: string,
    source: Buffer | { readonly localFile: string },
  ): Promise<{ readonly bytes: number }> {
    const call = callOf('write', path)
    const full = absolute(path)
    const bytes = Buffer.isBuffer(source) ? source.length : await localBytes(source.localFile)
    const staged = await stage(call, full, source, bytes)
    for (let round = 0; round < 3; round++) {
      const outcome = await renameFull(call, staged, full)
      if (outcome === 'renamed') return { bytes }
      const isStaged = await nameNodes.retrying(() => statOnce(call, staged))
      // Nobody else knows the staged name: if it is gone, the rename that was not answered was carried out.
      if (!isStaged && outcome === 'target-exists') return { bytes }
      if (!isStaged) break
      await removeFull(call, full)
    }
    throw lakeError('lake_unavailable', { ...call, reason: 'the written file could not be given its name' })
  }

  async function localBytes(localFile: string): Promise<number> {
    try {
      return (await statLocal(localFile)).size
    } catch (error) {
      throw fromFileSystem(error, { where: 'the local directory', operation: 'read', path: localFile })
    }
  }

  async function listPage(
    call: Call,
    full: string,
    after: string,
  ): Promise<{ entries: FileStatus[]; remaining: number }> {
    const query = { op: 'LISTSTATUS_BATCH', ...(after !== '' && { startAfter: after }) }
    const reply = await nameNodes.ask(call, (nameNode, signal) =>
      client.ask(nameNode, { method: 'GET', path: full, query }, signal),
    )
    const { DirectoryListing: listing } = jsonOf<{
      DirectoryListing: { partialListing: { FileStatuses: { FileStatus: FileStatus[] } }; remainingEntries: number }
    }>(reply, call)
    return { entries: listing.partialListing.FileStatuses.FileStatus, remaining: listing.remainingEntries }
  }

  return {
    location,
    write,
    rename: async (from, to) => renameFull(callOf('rename', from), absolute(from), absolute(to)),
    async read(path) {
      const call = callOf('read', path)
      const full = absolute(path)
      return nameNodes.retrying(async () => {
        const chunks: Buffer[] = []
        await readFile(transfer, call, full, chunk => void chunks.push(chunk))
        return Buffer.concat(chunks)
      })
    },
    async download(path, localFile) {
      const call = callOf('download', path)
      const full = absolute(path)
      try {
        await nameNodes.retrying(async () => {
          const file = await open(localFile, 'w')
          try {
            await readFile(transfer, call, full, async chunk => void (await file.writeFile(chunk)))
          } finally {
            await file.close()
          }
        })
      } catch (error) {
        await rm(localFile, { force: true })
        throw fromFileSystem(error, { where: 'the local directory', operation: 'write', path: localFile })
      }
    },
    async list(folder, { after = '', limit = Number.POSITIVE_INFINITY } = {}) {
      const call = callOf('list', folder)
      const full = absolute(folder)
      const entries: LakeEntry[] = []
      for (let from = after; entries.length < limit; ) {
        try {
          const page = await nameNodes.retrying(() => listPage(call, full, from))
          // A file lists itself under an empty name.
          const named = page.entries.filter(({ pathSuffix }) => pathSuffix !== '')
          for (const status of named) entries.push(entryOf(status.pathSuffix, status))
          if (page.remaining === 0 || named.length === 0) break
          from = named.at(-1)!.pathSuffix
        } catch (error) {
          if (isNotFound(error)) break
          throw error
        }
      }
      return entries.slice(0, limit)
    },
    async stat(path) {
      const call = callOf('stat', path)
      const full = absolute(path)
      const found = await nameNodes.retrying(() => statOnce(call, full))
      return found && entryOf(full.slice(full.lastIndexOf('/') + 1), found)
    },
    remove: async path => removeFull(callOf('remove', path), absolute(path)),
    async ping() {
      const call = callOf('ping', '/')
      await nameNodes.retrying(() => makeFolder(call, root === '' ? '/' : root))
    },
    async close() {
      agents.destroy()
    },
  }
}

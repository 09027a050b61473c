import { randomUUID } from 'node:crypto'
import { open, rm, stat as statLocal } from 'node:fs/promises'
import type { Clock, Logger } from '@millrace/runtime'
import { fromFileSystem, lakeError } from '../errors.ts'
import type { Lake, LakeEntry } from '../lake.ts'
import { pathSegments } from '../lake-path.ts'
import { createAgents } from './agents.ts'
import type { WebHdfsIdentity, WebHdfsTls } from './connection.ts'
import { createNameNodes, type RetryOptions } from './name-nodes.ts'
import { createNamespace, type FileStatus, isNotFound } from './namespace.ts'
import { createNamespaceClient, type NamespaceClient } from './namespace-client.ts'
import type { Call } from './reply.ts'
import { createFile, readFile, type Transfer } from './transfer.ts'
import { createTransferClient, type TransferClient } from './transfer-client.ts'

export interface WebHdfsLakeOptions extends WebHdfsIdentity {
  /** `http://host:9870` or `https://host:9871` of each NameNode, or of one HttpFS gateway. */
  readonly nameNodes: readonly string[]
  /** Absolute HDFS path of the lake's root. */
  readonly root: string
  readonly clock: Clock
  readonly logger?: Logger
  readonly tls?: WebHdfsTls
  /** Time without an answer after which the next NameNode is asked. */
  readonly answerTimeoutMs?: number
  /** Time without progress after which a data transfer has failed. */
  readonly stallTimeoutMs?: number
  readonly retry?: Partial<RetryOptions>
  /** Returns a unique name for one attempt of a write. */
  readonly newId?: () => string
}

const ANSWER_TIMEOUT_MS = 10_000

const entryOf = (name: string, { type, length, modificationTime }: FileStatus): LakeEntry => ({
  name,
  kind: type === 'DIRECTORY' ? 'folder' : 'file',
  bytes: type === 'DIRECTORY' ? 0 : length,
  modifiedMs: modificationTime,
})

/** What a lake speaks to its servers with. */
export interface WebHdfsClients {
  readonly names: NamespaceClient
  readonly transfers: TransferClient
  /** Ends the connections. */
  close(): void
}

function connectHttp(options: WebHdfsLakeOptions): WebHdfsClients {
  const agents = createAgents(options.tls ?? {}, options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS)
  return {
    names: createNamespaceClient(options, agents),
    transfers: createTransferClient(options, agents),
    close: () => agents.destroy(),
  }
}

/**
 * A lake in HDFS over WebHDFS. Accepts only the expected answer, verifies what it wrote, and reads the state after
 * an unanswered call; fails over between NameNodes, each with a timeout.
 */
export function createWebHdfsLake(options: WebHdfsLakeOptions, connect = connectHttp): Lake {
  const { clock, logger, answerTimeoutMs = ANSWER_TIMEOUT_MS, stallTimeoutMs = 60_000, newId = randomUUID } = options
  const retry = { attempts: 5, firstDelayMs: 200, ...options.retry }
  const urls = options.nameNodes.map(address => new URL(address))
  if (urls.length === 0) throw lakeError('path_refused', { path: options.root, reason: 'no NameNode is given' })
  const nameNodes = createNameNodes({ urls, answerTimeoutMs, retry, clock, logger })
  const { names, transfers: client, close } = connect(options)
  const namespace = createNamespace(nameNodes, names, client)
  const transfer: Transfer = { nameNodes, client, clock, stallTimeoutMs }
  const root = options.root.replace(/\/+$/, '')
  if (!root.startsWith('/')) throw lakeError('path_refused', { path: options.root, reason: 'the root is not absolute' })
  const location = `${nameNodes.where}${root}`
  const absolute = (path: string): string => `${root}/${pathSegments(path).join('/')}`
  const callOf = (operation: string, path: string): Call => ({ where: location, operation, path })

  /** Writes the bytes once under a unique name, and verifies their number. */
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
        // Without the failed DataNode the NameNode may have none to offer; then the next attempt excludes none.
        if (given.length === 0) avoid = [created.host]
        await namespace.discard(call, staged)
        throw created.error
      }
      const found = await namespace.stat(call, staged)
      if (found?.length === bytes) return staged
      await namespace.discard(call, staged)
      throw lakeError('write_incomplete', { ...call, got: found?.length ?? 'no', expected: bytes })
    })
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
      const outcome = await namespace.rename(call, staged, full)
      if (outcome === 'renamed') return { bytes }
      const isStaged = await nameNodes.retrying(() => namespace.stat(call, staged))
      // No other writer uses the staged name: if it is missing, the unanswered rename was executed.
      if (!isStaged && outcome === 'target-exists') return { bytes }
      if (!isStaged) break
      await namespace.remove(call, full)
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

  return {
    location,
    write,
    rename: async (from, to) => namespace.rename(callOf('rename', from), absolute(from), absolute(to)),
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
          const page = await nameNodes.retrying(() => namespace.list(call, full, from))
          // A listing of a file has one entry with an empty name.
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
      const found = await nameNodes.retrying(() => namespace.stat(call, full))
      return found && entryOf(full.slice(full.lastIndexOf('/') + 1), found)
    },
    remove: async path => namespace.remove(callOf('remove', path), absolute(path)),
    async ping() {
      const call = callOf('ping', '/')
      await nameNodes.retrying(() => namespace.makeFolder(call, root === '' ? '/' : root))
    },
    async close() {
      close()
    },
  }
}

import { CodedError } from '@millrace/runtime'
import { lakeError } from '../errors.ts'
import type { Lake } from '../lake.ts'
import type { NameNodes } from './name-nodes.ts'
import type { NamespaceClient } from './namespace-client.ts'
import { booleanOf, type Call, jsonOf } from './reply.ts'
import type { TransferClient } from './transfer-client.ts'

export interface FileStatus {
  readonly pathSuffix: string
  readonly type: 'FILE' | 'DIRECTORY'
  readonly length: number
  readonly modificationTime: number
}

interface DirectoryListing {
  readonly partialListing?: { readonly FileStatuses?: { readonly FileStatus?: readonly FileStatus[] } }
  readonly remainingEntries?: number
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

export const isNotFound = (error: unknown): boolean => error instanceof CodedError && error.code === 'not_found'

/** Operations on names with checked answers; paths are absolute. Each sends one request; `rename` and `remove` are retried. */
export function createNamespace(nameNodes: NameNodes, names: NamespaceClient, client: TransferClient) {
  async function stat(call: Call, path: string): Promise<FileStatus | null> {
    const reply = await nameNodes.ask(call, (nameNode, signal) => names.stat(nameNode, path, signal))
    try {
      const { FileStatus: found } = jsonOf<{ FileStatus?: FileStatus }>(reply, call)
      if (typeof found?.length === 'number') return found
    } catch (error) {
      if (isNotFound(error)) return null
      throw error
    }
    throw lakeError('lake_unexpected', { ...call, reason: 'the answer has no FileStatus' })
  }

  async function makeFolder(call: Call, path: string): Promise<void> {
    const reply = await nameNodes.ask(call, (nameNode, signal) => names.mkdirs(nameNode, path, signal))
    if (!booleanOf(reply, call))
      throw lakeError('lake_refused', { ...call, reason: `the folder ${path} cannot be made` })
  }

  async function removeOnce(call: Call, path: string): Promise<boolean> {
    return booleanOf(await nameNodes.ask(call, (nameNode, signal) => names.remove(nameNode, path, signal)), call)
  }

  return {
    stat,
    makeFolder,
    /** Best effort: a remaining file is removed later with the other temporary files. */
    async discard(call: Call, path: string): Promise<void> {
      try {
        await removeOnce(call, path)
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
      }
    },
    /**
     * Renames; after a failure both names are read for the outcome. An unanswered rename is sent again: if the first was executed,
     * the second is refused because the target exists, and the caller compares contents.
     */
    rename: (call: Call, from: string, to: string): ReturnType<Lake['rename']> =>
      nameNodes.retrying(async () => {
        for (let folders = 0; ; folders++) {
          const reply = await nameNodes.ask(call, (nameNode, signal) => names.rename(nameNode, from, to, signal))
          if (booleanOf(reply, call)) return 'renamed'
          if (await stat(call, to)) return 'target-exists'
          if (!(await stat(call, from))) return 'source-missing'
          if (folders > 0) throw lakeError('lake_unavailable', { ...call, reason: 'it says no and not why' })
          await makeFolder(call, parentOf(to))
        }
      }),
    async remove(call: Call, path: string): Promise<boolean> {
      const found = await nameNodes.retrying(() => stat(call, path))
      if (!found) return false
      if (found.type === 'DIRECTORY') throw lakeError('path_refused', { ...call, reason: 'it is a folder' })
      // After an unanswered attempt "false" may mean that this attempt succeeded.
      return nameNodes.retrying(async index => (await removeOnce(call, path)) || index > 0)
    },
    /** One page of a folder; the NameNode decides its length. */
    async list(
      call: Call,
      path: string,
      after: string,
    ): Promise<{ readonly entries: readonly FileStatus[]; readonly remaining: number }> {
      // NameNodes of 3.5 know the parameter in lower case only, HttpFS only as documented.
      const query = { op: 'LISTSTATUS_BATCH', ...(after !== '' && { startafter: after, startAfter: after }) }
      const reply = await nameNodes.ask(call, (nameNode, signal) =>
        client.ask(nameNode, { method: 'GET', path, query }, signal),
      )
      const { DirectoryListing: listing } = jsonOf<{ DirectoryListing?: DirectoryListing }>(reply, call)
      const entries = listing?.partialListing?.FileStatuses?.FileStatus
      if (!Array.isArray(entries)) {
        throw lakeError('lake_unexpected', { ...call, reason: 'the answer has no DirectoryListing' })
      }
      if (after !== '' && entries.some(({ pathSuffix }) => pathSuffix === after)) {
        throw lakeError('lake_unexpected', { ...call, reason: `the page after ${after} begins before it` })
      }
      return { entries, remaining: listing?.remainingEntries ?? 0 }
    },
  }
}

import { createReadStream } from 'node:fs'
import type { Clock, CodedError } from '@millrace/runtime'
import { lakeError } from '../errors.ts'
import { withStallDeadline } from './deadline.ts'
import { type NameNodes, noAnswer } from './name-nodes.ts'
import { type Call, errorOfReply, type Reply } from './reply.ts'
import type { TransferClient } from './transfer-client.ts'

export interface Transfer {
  readonly nameNodes: NameNodes
  readonly client: TransferClient
  readonly clock: Clock
  /** Time without progress after which a transfer has failed. */
  readonly stallTimeoutMs: number
}

const PASSING = new Set(['lake_unavailable', 'lake_unexpected'])

/** Maps a DataNode's refusal. The next attempt uses another DataNode, so only errors that the NameNode reports too are final. */
function errorOfDataNode(reply: Reply, call: Call): CodedError {
  const error = errorOfReply(reply, call)
  return PASSING.has(error.code)
    ? lakeError('lake_unavailable', { ...call, reason: `DataNode: ${error.details.reason ?? error.message}` })
    : error
}

/** Address of the DataNode in the NameNode's redirect, which is required. */
async function locate(
  { nameNodes, client }: Transfer,
  call: Call,
  request: { readonly method: 'GET' | 'PUT'; readonly path: string; readonly query: Readonly<Record<string, string>> },
): Promise<URL> {
  const reply = await nameNodes.ask(call, (nameNode, signal) => client.ask(nameNode, request, signal))
  if (reply.status === 307 && reply.location !== undefined) return new URL(reply.location)
  if (reply.status < 400) {
    throw lakeError('lake_unexpected', {
      ...call,
      reason: `HTTP ${reply.status} where a redirect to a DataNode was expected`,
    })
  }
  throw errorOfReply(reply, call)
}

/**
 * One attempt to create a file of exactly these bytes. The name must be new: nothing is overwritten, so a late attempt
 * cannot destroy what a later one wrote.
 * @param avoid hosts of DataNodes that failed before
 * @returns the host of the DataNode on failure, so that it can be avoided
 */
export async function createFile(
  transfer: Transfer,
  call: Call,
  {
    path,
    source,
    bytes,
    avoid,
  }: {
    readonly path: string
    readonly source: Buffer | { readonly localFile: string }
    readonly bytes: number
    readonly avoid: readonly string[]
  },
): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: CodedError; readonly host: string }> {
  const query = {
    op: 'CREATE',
    overwrite: 'false',
    ...(avoid.length > 0 && { excludedatanodes: avoid.join(',') }),
  }
  const location = await locate(transfer, call, { method: 'PUT', path, query })
  try {
    const reply = await withStallDeadline(transfer.clock, transfer.stallTimeoutMs, async (signal, moved) => {
      if (Buffer.isBuffer(source)) return transfer.client.send(location, source, bytes, signal)
      const file = createReadStream(source.localFile, { highWaterMark: 256 << 10 })
      file.on('data', moved)
      try {
        return await transfer.client.send(location, file, bytes, signal)
      } finally {
        file.destroy()
      }
    })
    return reply.status === 201
      ? { ok: true }
      : { ok: false, error: errorOfDataNode(reply, call), host: location.hostname }
  } catch (error) {
    return { ok: false, error: noAnswer(error, call, false), host: location.hostname }
  }
}

/** Opens a file and passes its chunks to `take`; an incomplete file is an error. */
export async function readFile(
  transfer: Transfer,
  call: Call,
  path: string,
  take: (chunk: Buffer) => void | Promise<void>,
): Promise<void> {
  const location = await locate(transfer, call, { method: 'GET', path, query: { op: 'OPEN' } })
  try {
    await withStallDeadline(transfer.clock, transfer.stallTimeoutMs, async (signal, moved) => {
      const { status, body } = await transfer.client.fetch(location, signal)
      if (status !== 200) throw errorOfDataNode({ status, body: '' }, call)
      for await (const chunk of body) {
        moved()
        await take(chunk as Buffer)
      }
    })
  } catch (error) {
    throw noAnswer(error, call, false)
  }
}

import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Readable } from 'node:stream'
import type { Agents } from './agents.ts'
import { encodePath, identityQuery, WEBHDFS_PREFIX, type WebHdfsIdentity } from './connection.ts'
import type { Reply } from './reply.ts'

/** Data transfers and paged listings, which the `webhdfs` client does not support or not safely. */
export interface TransferClient {
  /** Asks the NameNode; redirects are returned, not followed. */
  ask(
    nameNode: URL,
    call: { readonly method: 'GET' | 'PUT'; readonly path: string; readonly query: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<Reply>
  /** Sends the bytes of a file to the redirect's address. */
  send(location: URL, body: Buffer | Readable, bytes: number, signal: AbortSignal): Promise<Reply>
  /** Opens the redirect's address; the body fails when it is incomplete. */
  fetch(location: URL, signal: AbortSignal): Promise<{ readonly status: number; readonly body: Readable }>
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return String(Buffer.concat(chunks))
}

/** Over node:http, because a DataNode sends an unrequested "100 Continue", which undici treats as an invalid answer. */
export function createTransferClient(identity: WebHdfsIdentity, agents: Agents): TransferClient {
  function exchange(
    url: URL,
    {
      method,
      headers = {},
      body,
      signal,
    }: {
      readonly method: 'GET' | 'PUT'
      readonly headers?: Record<string, string>
      readonly body?: Buffer | Readable
      readonly signal: AbortSignal
    },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestSecure : requestPlain
      const request = send(url, { method, headers, agent: agents.of(url), signal })
      // The agent's timeout is for connecting; the caller sets the deadlines of an open connection.
      request.on('timeout', () => {
        if (request.socket?.connecting) request.destroy(new Error(`no connection to ${url.host}`))
      })
      request.on('response', resolve)
      request.on('error', reject)
      if (body === undefined || Buffer.isBuffer(body)) request.end(body)
      else {
        body.on('error', error => request.destroy(error))
        body.pipe(request)
      }
    })
  }

  return {
    async ask(nameNode, { method, path, query }, signal) {
      const parameters = new URLSearchParams({ ...query, ...identityQuery(identity) })
      const url = new URL(`${nameNode.origin}${WEBHDFS_PREFIX}${encodePath(path)}?${parameters}`)
      const response = await exchange(url, { method, signal })
      return { status: response.statusCode ?? 0, body: await textOf(response), location: response.headers.location }
    },
    async send(location, body, bytes, signal) {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(bytes) }
      const response = await exchange(location, { method: 'PUT', headers, body, signal })
      return { status: response.statusCode ?? 0, body: await textOf(response) }
    },
    async fetch(location, signal) {
      const response = await exchange(location, { method: 'GET', signal })
      return { status: response.statusCode ?? 0, body: response }
    },
  }
}

import type { IncomingMessage } from 'node:http'
import webhdfs, { type Client, type ClientRequest } from 'webhdfs'
import type { Agents } from './agents.ts'
import { encodePath, identityQuery, WEBHDFS_PREFIX, type WebHdfsIdentity } from './connection.ts'
import type { Reply } from './reply.ts'

/** Operations on names. Paths are absolute and not encoded. */
export interface NamespaceClient {
  stat(nameNode: URL, path: string, signal: AbortSignal): Promise<Reply>
  mkdirs(nameNode: URL, path: string, signal: AbortSignal): Promise<Reply>
  rename(nameNode: URL, path: string, to: string, signal: AbortSignal): Promise<Reply>
  remove(nameNode: URL, path: string, signal: AbortSignal): Promise<Reply>
}

/**
 * The `webhdfs` client, used for operations on names only. It reports a 503 and `{"boolean":false}` as success and drops status
 * and exception, so the raw answer is taken from its request and checked by the caller.
 */
export function createNamespaceClient(identity: WebHdfsIdentity, agents: Agents): NamespaceClient {
  const clients = new Map<string, Client>()

  function clientOf(nameNode: URL): Client {
    const known = clients.get(nameNode.origin)
    if (known) return known
    const { delegationToken, user } = identity
    const protocol = nameNode.protocol === 'https:' ? 'https:' : 'http:'
    const client = webhdfs.createClient(
      {
        protocol: protocol.slice(0, -1),
        host: nameNode.hostname,
        port: Number(nameNode.port) || (protocol === 'https:' ? 443 : 80),
        path: WEBHDFS_PREFIX,
        ...(!delegationToken && { user }),
      },
      {
        json: false,
        followRedirect: false,
        agent: agents.of(nameNode),
        ...(delegationToken && { qs: identityQuery(identity) }),
      },
    )
    clients.set(nameNode.origin, client)
    return client
  }

  const ask = (signal: AbortSignal, start: (ignored: () => void) => ClientRequest): Promise<Reply> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const request = start(() => {})
      const onAbort = (): void => {
        request.abort()
        reject(signal.reason)
      }
      const settle = (done: () => void): void => {
        signal.removeEventListener('abort', onAbort)
        done()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      request.on('error', error => settle(() => reject(error)))
      request.on('complete', (response: IncomingMessage, body: unknown) =>
        settle(() =>
          resolve({
            status: response.statusCode ?? 0,
            body: typeof body === 'string' ? body : '',
            location: response.headers.location,
          }),
        ),
      )
    })

  return {
    stat: (nameNode, path, signal) => ask(signal, done => clientOf(nameNode).stat(encodePath(path), done)),
    mkdirs: (nameNode, path, signal) => ask(signal, done => clientOf(nameNode).mkdir(encodePath(path), done)),
    rename: (nameNode, path, to, signal) => ask(signal, done => clientOf(nameNode).rename(encodePath(path), to, done)),
    remove: (nameNode, path, signal) => ask(signal, done => clientOf(nameNode).unlink(encodePath(path), done)),
  }
}

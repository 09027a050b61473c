import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  readonly server: string
  readonly op: string
  readonly path: string
  readonly query: URLSearchParams
}

/** What a server does with a request instead of its duty; `undefined` means: its duty. */
export type Fault = (
  seen: Seen,
  request: IncomingMessage,
  response: ServerResponse,
) => 'handled' | undefined | Promise<'handled' | undefined>

const json = (response: ServerResponse, status: number, value: unknown): ServerResponse =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

export const remote = (response: ServerResponse, status: number, exception: string, message = 'because'): 'handled' => {
  json(response, status, { RemoteException: { exception, javaClassName: `org.example.${exception}`, message } })
  return 'handled'
}

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * Servers that speak WebHDFS over one file system in memory, with faults on demand: NameNodes that answer or point to
 * DataNodes, and DataNodes that take and give bytes.
 */
export async function startFakeHdfs({ nameNodes = 1, dataNodes = 1 } = {}) {
  const files = new Map<string, Buffer>()
  const folders = new Set<string>(['/'])
  const seen: Seen[] = []
  const servers: Server[] = []
  let fault: Fault = () => undefined
  let nextDataNode = 0

  const makeFolders = (path: string): void => {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) folders.add(path.slice(0, at))
  }
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
  const statusOf = (path: string, name: string) => {
    const bytes = files.get(path)
    return {
      pathSuffix: name,
      type: bytes ? 'FILE' : 'DIRECTORY',
      length: bytes?.length ?? 0,
      modificationTime: Date.now(),
    }
  }
  const exists = (path: string): boolean => files.has(path) || folders.has(path)

  /** Carries out an operation on names, or points to a DataNode. */
  function nameNode({ op, path, query }: Seen, response: ServerResponse): unknown {
    const isMissing = ['GETFILESTATUS', 'LISTSTATUS_BATCH'].includes(op)
      ? !exists(path)
      : op === 'OPEN' && !files.has(path)
    if (isMissing) return remote(response, 404, 'FileNotFoundException')
    switch (op) {
      case 'GETFILESTATUS':
        return json(response, 200, { FileStatus: statusOf(path, '') })
      case 'MKDIRS':
        makeFolders(path)
        return json(response, 200, { boolean: true })
      case 'RENAME':
        return json(response, 200, { boolean: rename(path, query.get('destination')!) })
      case 'DELETE':
        return json(response, 200, { boolean: files.delete(path) })
      case 'LISTSTATUS_BATCH':
        return json(response, 200, { DirectoryListing: listing(path, query.get('startafter') ?? '') })
    }
    const port = (servers[nameNodes + (nextDataNode++ % dataNodes)]!.address() as AddressInfo).port
    const target = `http://127.0.0.1:${port}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?${query}`
    return response.writeHead(307, { location: target }).end()
  }

  /** Pages of three. */
  function listing(path: string, after: string) {
    const inside = [...files.keys(), ...folders].filter(other => other !== '/' && parentOf(other) === path)
    const names = inside.map(other => other.slice(other.lastIndexOf('/') + 1))
    const left = names.filter(name => name > after).sort()
    const page = left.slice(0, 3).map(name => statusOf(`${path === '/' ? '' : path}/${name}`, name))
    return { partialListing: { FileStatuses: { FileStatus: page } }, remainingEntries: left.length - page.length }
  }

  function rename(from: string, to: string): boolean {
    const bytes = files.get(from)
    if (!bytes || exists(to) || !folders.has(parentOf(to))) return false
    files.delete(from)
    files.set(to, bytes)
    return true
  }

  async function dataNode(
    { op, path, query }: Seen,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (op === 'OPEN') {
      response.writeHead(200).end(files.get(path))
      return
    }
    const bytes = await bytesOf(request)
    if (files.has(path) && query.get('overwrite') !== 'true')
      return void remote(response, 403, 'FileAlreadyExistsException')
    makeFolders(parentOf(path))
    files.set(path, bytes)
    response.writeHead(201, { location: `hdfs://${encodeURI(path)}` }).end()
  }

  for (let index = 0; index < nameNodes + dataNodes; index++) {
    const isNameNode = index < nameNodes
    const name = isNameNode ? `namenode${index + 1}` : `datanode${index - nameNodes + 1}`
    const server = createServer(async (request, response) => {
      const url = new URL(request.url!, 'http://host')
      const path = decodeURIComponent(url.pathname.slice('/webhdfs/v1'.length))
      const op = (url.searchParams.get('op') ?? '').toUpperCase()
      const seenNow: Seen = { server: name, op, path, query: url.searchParams }
      seen.push(seenNow)
      if (!isNameNode && op === 'CREATE') response.writeContinue()
      if ((await fault(seenNow, request, response)) === 'handled') return
      if (isNameNode) nameNode(seenNow, response)
      else await dataNode(seenNow, request, response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }

  return {
    urls: servers.slice(0, nameNodes).map(server => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    files,
    seen,
    /** Operations in the order in which they came, e.g. `namenode1 RENAME`. */
    ops: (): string[] => seen.map(({ server, op }) => `${server} ${op}`),
    setFault: (next: Fault): void => {
      fault = next
    },
    /** The fault applies to the first `count` requests that match, e.g. `datanode1 CREATE`. */
    failFirst(count: number, what: string, next: Fault): void {
      let left = count
      fault = (seenNow, request, response) => {
        if (!`${seenNow.server} ${seenNow.op}`.startsWith(what) || left-- <= 0) return undefined
        return next(seenNow, request, response)
      }
    },
    rename,
    async close(): Promise<void> {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      }
    },
  }
}

export type FakeHdfs = Awaited<ReturnType<typeof startFakeHdfs>>

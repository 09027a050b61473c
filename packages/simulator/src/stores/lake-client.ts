import { Readable } from 'node:stream'
import type { NamespaceClient, Reply, TransferClient, WebHdfsClients } from '@millrace/lake/webhdfs-client'
import type { Loop } from '../loop.ts'
import type { Network } from '../network.ts'
import type { ServiceProcess } from '../service-process.ts'
import type { LakeServer } from './lake-server.ts'

/** The adapter's own deadline for answers is a little shorter. */
const TIMEOUT_MS = 11_000
const DATA_NODE = 'http://datanode'

async function bytesOf(body: Buffer | Readable): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const redirect = (operation: string, path: string): Reply => ({
  status: 307,
  body: '',
  location: `${DATA_NODE}/${operation}${path.split('/').map(encodeURIComponent).join('/')}`,
})

const pathOf = ({ pathname }: URL): string => decodeURIComponent(pathname.slice(pathname.indexOf('/', 1)))

/** What the adapter of HDFS speaks to the simulated cluster with, for one process. */
export function createLakeClients(parts: {
  readonly server: LakeServer
  readonly network: Pick<Network, 'call'>
  readonly loop: Loop
  readonly process: ServiceProcess
}): WebHdfsClients {
  const { server, network, loop, process } = parts
  const ask = (what: string, work: () => Reply): Promise<Reply> =>
    network.call({ from: process, to: 'lake', what, isUp: () => server.isUp, work, timeoutMs: TIMEOUT_MS })

  const names: NamespaceClient = {
    stat: (_, path) => ask('lake tells of a file', () => server.stat(path)),
    mkdirs: (_, path) => ask('lake makes a folder', () => server.makeFolders(path)),
    rename: (_, path, to) => ask('lake renames', () => server.rename(path, to)),
    remove: (_, path) => ask('lake removes', () => server.remove(path)),
  }
  const transfers: TransferClient = {
    ask(_, { path, query }) {
      if (query.op === 'LISTSTATUS_BATCH')
        return ask('lake lists', () => server.list(path, query.startafter ?? '', loop.nowMs))
      if (query.op === 'CREATE') return ask('lake redirects', () => redirect('create', path))
      return ask('lake redirects', () => (server.has(path) ? redirect('open', path) : server.stat(path)))
    },
    async send(location, body) {
      const bytes = await bytesOf(body)
      return ask('lake stores', () => server.create(pathOf(location), bytes, loop.nowMs))
    },
    async fetch(location) {
      let bytes: Buffer | null = null
      const { status } = await ask('lake gives', () => {
        bytes = server.read(pathOf(location))
        return { status: bytes ? 200 : 404, body: '' }
      })
      return { status, body: Readable.from(bytes ? [bytes] : []) }
    },
  }
  return { names, transfers, close() {} }
}

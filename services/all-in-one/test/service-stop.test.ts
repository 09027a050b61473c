import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startService, waitUntil } from '@millrace/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'

const services = fileURLToPath(new URL('../..', import.meta.url))
const directory = mkdtempSync(path.join(os.tmpdir(), 'service-stop-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const keysFile = path.join(directory, 'keys.json')
writeFileSync(keysFile, '{"keys":[]}')

const names = globSync('*/src/main.ts', { cwd: services }).map(main => path.dirname(path.dirname(main)))

/** What a service needs, and the servers that it is given. */
function variablesOf(name: string, port: number): Record<string, string> {
  const kafka = { MILLRACE_KAFKA_BROKERS: `127.0.0.1:${port}` }
  const hdfs = { MILLRACE_WEBHDFS_URLS: `http://127.0.0.1:${port}`, MILLRACE_WEBHDFS_USER: 'test' }
  const cassandra = {
    MILLRACE_CASSANDRA_CONTACT_POINTS: '127.0.0.1',
    MILLRACE_CASSANDRA_PORT: String(port),
    MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: 'datacenter1',
  }
  const spool = path.join(directory, `spool-${name}`)
  const generator = {
    MILLRACE_SINK: 'gateway',
    MILLRACE_API_KEY: 'mr_a_b',
    MILLRACE_GATEWAY_URL: `http://127.0.0.1:${port}`,
  }
  const own: Readonly<Record<string, Record<string, string>>> = {
    'ingest-gateway': { ...kafka, MILLRACE_KEYS_FILE: keysFile, MILLRACE_HTTP_PORT: '0' },
    curator: kafka,
    aggregator: kafka,
    'anomaly-scorer': kafka,
    'lake-archiver': { ...kafka, ...hdfs, MILLRACE_SPOOL_DIRECTORY: spool },
    'mart-writer': { ...kafka, ...cassandra },
    reconciler: { ...kafka, ...hdfs, ...cassandra },
    'lol-generator': generator,
    'antenna-generator': generator,
  }
  const variables = own[name]
  if (!variables) throw new Error(`Say here what ${name} needs.`)
  return variables
}

/** A server that accepts connections and never answers. */
async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

describe.each(names)('%s', name => {
  it.each([
    ['are away', async () => 1],
    ['never answer', silentServer],
  ])('ends with 0 on SIGTERM while its servers %s', { timeout: 120_000 }, async (_, listen) => {
    const t0 = Date.now()
    const service = await startService(path.join(services, name, 'src/main.ts'), variablesOf(name, await listen()))
    onTestFinished(() => service.kill())
    const t = Date.now()
    const code = await service.stop()
    console.log(name, _, 'code', code, t - t0, Date.now() - t)
    console.log(service.output.slice(-600))
    await new Promise(r => setTimeout(r, 0))
  })
})
void mkdirSync
void waitUntil
void expect

import { globSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startService } from '@millrace/testing'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it, type TestContext } from 'vitest'

const services = fileURLToPath(new URL('../..', import.meta.url))
const directory = temporaryDirectory('service-stop')
const keysFile = path.join(directory, 'keys.json')
writeFileSync(keysFile, '{"keys":[]}')

/** A job that is stopped has not done its work, and ends with 1. */
const JOBS = ['provisioner']
const names = globSync('*/src/main.ts', { cwd: services })
  .map(main => path.dirname(path.dirname(main)))
  .filter(name => !JOBS.includes(name))

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
    profiler: kafka,
    'sms-gateway': kafka,
    'anomaly-scorer': kafka,
    'detector-evaluator': kafka,
    'lake-archiver': { ...kafka, ...hdfs, MILLRACE_SPOOL_DIRECTORY: spool },
    'mart-writer': { ...kafka, ...cassandra },
    reconciler: { ...kafka, ...hdfs, ...cassandra },
  }
  const variables = name.endsWith('-generator') ? generator : own[name]
  if (!variables) throw new Error(`Say here what ${name} needs.`)
  return variables
}

/** A server that accepts connections and never answers. */
async function silentServer({ onTestFinished }: TestContext): Promise<number> {
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

/** Starts a service, and asks it to stop as soon as it is there. */
async function stopAtOnce(name: string, port: number, { onTestFinished }: TestContext): Promise<number | string> {
  const service = await startService(path.join(services, name, 'src/main.ts'), variablesOf(name, port))
  onTestFinished(() => service.kill())
  const code = await service.stop()
  expect(service.lines.filter(({ level }) => level === 'fatal')).toEqual([])
  return code
}

describe('on SIGTERM while its servers are not there', () => {
  // A generator gives what it has sent ten seconds to be answered.
  it.concurrent.for(names)(
    '%s ends with 0 where nothing listens at their addresses',
    { timeout: 120_000 },
    async (name, test) => {
      expect(await stopAtOnce(name, 1, test)).toBe(0)
    },
  )

  it('all end with 0 where no server ever answers', { timeout: 240_000 }, async test => {
    const port = await silentServer(test)
    // Also where one of them fails, all have started before the test ends, and are killed then.
    const stops = await Promise.allSettled(names.map(name => stopAtOnce(name, port, test)))
    const codes = stops.map((stop, n) => [names[n], stop.status === 'fulfilled' ? stop.value : String(stop.reason)])
    expect(Object.fromEntries(codes)).toEqual(Object.fromEntries(names.map(name => [name, 0])))
  })
})

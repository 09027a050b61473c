import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { createKafkaEventLog } from '@millrace/event-log'
import { createLogger, systemClock } from '@millrace/runtime'
import { generatorName } from '@millrace/simulation'
import { findFreePorts, type StackAddresses, waitUntil } from '@millrace/testing'

const main = (service: string): string =>
  fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url))

/** A process of the platform that can be scraped. */
export interface Target {
  readonly service: string
  /** `host:port` of its metrics. */
  readonly address: string
}

export interface LivePlatform {
  readonly targets: readonly Target[]
  /** Throws when a process has ended by itself, with what it has printed. */
  check(): void
  /** Ends one as kill -9 does. */
  kill(service: string): Promise<void>
  stop(): Promise<void>
}

/** An event that is as it must be, without its time. */
const WAITING = {
  method: '/wait',
  ingametime: '1:00',
  ip: '192.168.0.50',
  x: 0,
  y: 0,
  deathCount: 0,
  id: 'hasty',
  inputkey: 'none',
  account: 'hasty',
  champion: 'Lux',
  status: 0,
}

function newKey(id: string, quota: object) {
  const key = `mr_${id}_${randomBytes(32).toString('base64url')}`
  const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`
  const topics = [...catalog.routes.values()].map(({ name }) => name)
  const entry = { id, name: id, hash, topics, quota, createdAt: '2026-01-01T00:00:00.000Z' }
  return { key, entry }
}

/** A few players of whom some cheat in ways that are found within minutes, sent fast enough that their matches end within minutes. */
const CHEATS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lol: {
    PROFILE: 'realistic',
    PATHS: '16hz',
    CHEATS: 'rate=0.34,snap=0.34',
    PLAYERS: '4',
    SHARD: '1/1',
    BATCH: '200',
  },
}

/**
 * Every service as a process of its own, on a stack, with generators that send faulty events too, and an impatient client.
 * @param generator settings of the generators, without MILLRACE_
 */
export async function startPlatform(
  addresses: StackAddresses,
  directory: string,
  generator: Readonly<Record<string, string>>,
): Promise<LivePlatform> {
  const { kafka, hdfs, cassandra } = addresses
  if (!kafka || !hdfs || !cassandra) throw new Error('Kafka, HDFS and Cassandra are all needed.')
  mkdirSync(directory, { recursive: true })
  const log = createKafkaEventLog({
    brokers: [...kafka.brokers],
    clientId: 'test',
    clock: systemClock,
    logger: createLogger('test', { level: 'silent' }),
  })
  await log.ensureTopics(catalog.topics)
  await log.close()

  const sender = newKey('generator', {})
  const hasty = newKey('hasty', { recordsPerSecond: 1 })
  const keysFile = path.join(directory, 'keys.json')
  writeFileSync(keysFile, JSON.stringify({ keys: [sender.entry, hasty.entry] }))
  const [httpPort] = await findFreePorts(1)
  const gatewayUrl = `http://127.0.0.1:${httpPort}`

  const eventLog = { KAFKA_BROKERS: kafka.brokers.join(',') }
  const lake = { WEBHDFS_URLS: hdfs.nameNodes.join(','), WEBHDFS_USER: hdfs.user, LAKE_ROOT: '/live' }
  const mart = {
    CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
    CASSANDRA_PORT: String(cassandra.port),
    CASSANDRA_LOCAL_DATA_CENTER: cassandra.localDataCenter,
    CASSANDRA_KEYSPACE: 'live',
  }
  const settings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'ingest-gateway': { ...eventLog, HTTP_PORT: String(httpPort), KEYS_FILE: keysFile },
    curator: eventLog,
    'anomaly-scorer': eventLog,
    'detector-evaluator': eventLog,
    aggregator: eventLog,
    profiler: eventLog,
    'sms-gateway': eventLog,
    'lake-archiver': { ...eventLog, ...lake, SPOOL_DIRECTORY: path.join(directory, 'spool'), SEGMENT_MAX_AGE: '2s' },
    'mart-writer': { ...eventLog, ...mart },
    reconciler: { ...eventLog, ...lake, ...mart, WORK_DIRECTORY: directory, INTERVAL: '3s', AUDIT_RECORDS: '1000' },
  }
  const sending = { ...generator, SINK: 'gateway', GATEWAY_URL: gatewayUrl, API_KEY: sender.key }
  const generators = Object.fromEntries(
    [...simulations.keys()].map(domain => [generatorName(domain), { ...sending, ...CHEATS[domain] }]),
  )

  const running: { readonly service: string; readonly child: ChildProcess; said: string }[] = []
  const targets: Target[] = []

  async function start(service: string): Promise<void> {
    const [adminPort] = await findFreePorts(1)
    const own = settings[service] ?? generators[service]
    const variables = { ADMIN_PORT: String(adminPort), LOG_LEVEL: 'warn', ...own }
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main(service)], {
      env: {
        PATH: process.env.PATH,
        TMPDIR: os.tmpdir(),
        ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`MILLRACE_${name}`, value])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const entry = { service, child, said: '' }
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        entry.said = (entry.said + text).slice(-20_000)
      })
    running.push(entry)
    const address = `127.0.0.1:${adminPort}`
    targets.push({ service, address })
    const isReady = async () => {
      check()
      return (await fetch(`http://${address}/readyz`)).ok
    }
    await waitUntil(isReady, { what: `${service} to be ready`, deadlineMs: 120_000, intervalMs: 200 })
  }

  function check(): void {
    const ended = running.find(({ child }) => child.exitCode !== null || child.signalCode !== null)
    if (ended) throw new Error(`${ended.service} has ended with ${ended.child.exitCode}:\n${ended.said}`)
  }

  async function stop(): Promise<void> {
    clearInterval(impatience)
    for (const { service } of [...running]) await kill(service)
  }

  async function kill(name: string): Promise<void> {
    const index = running.findIndex(({ service }) => service === name)
    const [ending] = running.splice(index, 1)
    if (!ending || ending.child.exitCode !== null || ending.child.signalCode !== null) return
    ending.child.kill('SIGKILL')
    await once(ending.child, 'exit')
  }

  const post = (authorization: string): Promise<unknown> =>
    fetch(`${gatewayUrl}/v1/events/lol`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ ...WAITING, datetime: new Date(systemClock.now()).toISOString() }),
    }).then(
      answer => answer.body?.cancel(),
      () => {},
    )
  let impatience: NodeJS.Timeout | undefined
  try {
    await Promise.all(Object.keys(settings).map(start))
    await Promise.all(Object.keys(generators).map(start))
    impatience = setInterval(() => {
      post(`Bearer ${hasty.key}`)
      post('Bearer nobody')
    }, 500)
  } catch (error) {
    await stop()
    throw error
  }
  return { targets, check, kill, stop }
}

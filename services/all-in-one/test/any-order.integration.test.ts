import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { simulation } from '@millrace/domains/lol/simulate'
import { createKey } from '@millrace/ingest-gateway'
import { createCassandraMart } from '@millrace/mart'
import { createLogger, Secret, systemClock } from '@millrace/runtime'
import { createGatewaySink, createGenerator } from '@millrace/simulation'
import { findFreePorts, type Stack, startStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { Client } from 'cassandra-driver'
import { afterAll, beforeAll, expect, it } from 'vitest'

const TOPICS = [...catalog.routes.values()].map(({ name }) => name)
const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
const directory = mkdtempSync(path.join(os.tmpdir(), 'any-order-'))
const ledger = path.join(directory, 'ledger')
const children: ChildProcess[] = []

function run(service: string, variables: Readonly<Record<string, string>>) {
  const main = fileURLToPath(new URL(`../../${service}/src/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { NODE_NO_WARNINGS: '1', TMPDIR: os.tmpdir(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }))
  return { child, printed, ended }
}

/** A process with its probes. */
async function start(service: string, variables: Readonly<Record<string, string>>) {
  const [port] = await findFreePorts(1)
  const started = run(service, { ...variables, MILLRACE_ADMIN_PORT: String(port) })
  const ask = (page: string) => fetch(`http://127.0.0.1:${port}/${page}`).catch(() => null)
  return { ...started, service, ask }
}

/* On servers of its own: no topic, no table and no folder may be there. */
describeOnStack('the services as processes', ['kafka', 'hdfs', 'cassandra'], () => {
  let stack: Stack
  const keysFile = path.join(directory, 'keys.json')
  let apiKey = ''
  beforeAll(async () => {
    stack = await startStack({
      directory: path.join(directory, 'stack'),
      kafkaBrokers: 1,
      dataNodes: 1,
      cassandra: true,
    })
    apiKey = (await createKey(keysFile, { name: 'test', topics: TOPICS }, { topics: TOPICS })).key
  }, 300_000)
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await stack?.stop({ graceMs: 0 })
    rmSync(directory, { recursive: true, force: true })
  })

  it('may all start before there is a topic or a table, and then lose nothing, which the reconciler sees', {
    timeout: 900_000,
  }, async () => {
    const { kafka, hdfs, cassandra } = stack.addresses
    const toKafka = { MILLRACE_KAFKA_BROKERS: kafka!.brokers.join(',') }
    const toLake = { MILLRACE_WEBHDFS_URLS: hdfs!.nameNodes.join(','), MILLRACE_WEBHDFS_USER: hdfs!.user }
    const toMart = {
      MILLRACE_CASSANDRA_CONTACT_POINTS: cassandra!.contactPoints.join(','),
      MILLRACE_CASSANDRA_PORT: String(cassandra!.port),
      MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: cassandra!.localDataCenter,
    }
    const [httpPort] = await findFreePorts(1)
    const services = await Promise.all([
      start('ingest-gateway', { ...toKafka, MILLRACE_KEYS_FILE: keysFile, MILLRACE_HTTP_PORT: String(httpPort) }),
      start('curator', toKafka),
      start('aggregator', toKafka),
      start('profiler', toKafka),
      start('sms-gateway', toKafka),
      start('anomaly-scorer', toKafka),
      start('detector-evaluator', toKafka),
      start('lake-archiver', {
        ...toKafka,
        ...toLake,
        MILLRACE_SPOOL_DIRECTORY: path.join(directory, 'spool'),
        MILLRACE_SEGMENT_MAX_AGE: '2s',
      }),
      start('mart-writer', { ...toKafka, ...toMart, MILLRACE_MART_SCHEMA: 'wait' }),
      start('reconciler', { ...toKafka, ...toLake, ...toMart, MILLRACE_INTERVAL: '2s' }),
    ])
    const each = async (page: string) =>
      Promise.all(services.map(async ({ service, ask }) => [service, (await ask(page))?.status] as const))
    const all = (status: number) => services.map(({ service }) => [service, status])
    const isUp = async () => (await each('livez')).every(([, status]) => status === 200)
    await waitUntil(isUp, { what: 'every process to be live', deadlineMs: 120_000 })

    // What each of them says it waits for: topics, tables.
    const reason = async (name: string) =>
      (await services.find(({ service }) => service === name)!.ask('readyz'))?.text()
    const says = (name: string, text: string) =>
      waitUntil(async () => (await reason(name))?.includes(text) ?? false, {
        what: `the ${name} to say that it waits for "${text}"`,
        deadlineMs: 120_000,
      })
    await says('ingest-gateway', 'There is no topic lol.raw')
    await says('curator', 'Waiting for the topics')
    await says('lake-archiver', 'Waiting for the topics')
    await says('mart-writer', 'waiting for keyspace millrace, table lol_analysis')
    await says('reconciler', 'There is no topic')
    expect(await each('readyz')).toEqual(all(503))
    expect(await each('livez')).toEqual(all(200))

    const made = await Promise.all([
      run('provisioner', { ...toKafka, MILLRACE_PROVISION: 'topics' }).ended,
      run('provisioner', { ...toMart, MILLRACE_PROVISION: 'mart' }).ended,
    ])
    expect(made).toMatchObject([
      { code: 0, out: expect.stringContaining('created lol.raw') },
      { code: 0, out: expect.stringContaining('created keyspace millrace') },
    ])
    const isReady = async () => (await each('readyz')).every(([, status]) => status === 200)
    await waitUntil(isReady, { what: 'every process to be ready', deadlineMs: 180_000 })
    for (const { service, child } of services) expect([service, child.exitCode]).toEqual([service, null])

    const options = simulation.parse({
      players: '20',
      rooms: '2',
      duration: '10m',
      seed: '4',
      ledger,
      sink: 'stdout',
    })
    const url = `http://127.0.0.1:${httpPort}`
    const sink = createGatewaySink({
      url,
      apiKey: new Secret(apiKey),
      ...parts,
      maxRecords: 200,
      requestTimeoutMs: 30_000,
    })
    const generator = createGenerator({ simulation, options, sink, ...parts })
    await generator.start()
    const summary = await generator.finished
    await generator.stop()
    expect(summary).toMatchObject({ complete: true, refused: 0, unanswered: 0 })

    const compareOnce = () =>
      run('reconciler', {
        ...{ ...toKafka, ...toLake, ...toMart },
        MILLRACE_ONCE: 'true',
        MILLRACE_LEDGER: ledger,
        MILLRACE_REPORT: 'json',
        MILLRACE_DEADLINE: '3m',
      }).ended
    const right = await compareOnce()
    expect({ code: right.code, err: right.code === 0 ? '' : right.err }).toEqual({ code: 0, err: '' })
    const accepted = summary.byTopic['lol.raw']!.acknowledged
    expect(JSON.parse(right.out)).toMatchObject({
      ok: true,
      topics: { 'lol.raw': { accepted, log: accepted, lake: accepted, mart: accepted, missing: 0 } },
    })

    const reconciler = services.find(({ service }) => service === 'reconciler')!
    const valueOfMetric = async (pattern: RegExp) => {
      const text = (await (await reconciler.ask('metrics'))?.text()) ?? ''
      return text
        .split('\n')
        .reduce((sum, line) => (pattern.test(line) ? sum + Number(line.split(' ').at(-1)) : sum), 0)
    }
    const differences = () => valueOfMetric(/^millrace_reconciler_difference_records\{/)
    const found = () => valueOfMetric(/^millrace_reconciler_found_events_total\{topic="lol.curated",hop="mart"/)
    await waitUntil(async () => (await found()) === accepted, {
      what: `the reconciler to have found ${accepted} events in the mart`,
      deadlineMs: 120_000,
    })
    expect(await differences()).toBe(0)
    expect(reconciler.printed.out).not.toContain('stores_differ')

    const mart = createCassandraMart({
      ...cassandra!,
      contactPoints: [...cassandra!.contactPoints],
      keyspace: 'millrace',
      ...parts,
    })
    const table = catalog.table('lol_scores_by_player')
    const keys = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]
    let victim: Readonly<Record<string, unknown>> | undefined
    for await (const [row] of mart.scan(table, keys)) victim ??= row
    await mart.close()
    const client = new Client({
      contactPoints: [...cassandra!.contactPoints],
      localDataCenter: cassandra!.localDataCenter,
      protocolOptions: { port: cassandra!.port },
      keyspace: 'millrace',
    })
    await client.execute(
      `DELETE FROM ${table.name} WHERE ${keys.map(key => `${key} = ?`).join(' AND ')}`,
      keys.map(key => victim![key]),
      {
        prepare: true,
      },
    )
    await client.shutdown()
    await waitUntil(async () => (await differences()) === 1, {
      what: 'the reconciler to miss the row',
      deadlineMs: 120_000,
    })
    await waitUntil(() => reconciler.printed.out.includes(String(victim!.event_id)), {
      what: 'the reconciler to name the row',
      deadlineMs: 120_000,
    })
    expect(await compareOnce()).toMatchObject({ code: 3, out: expect.stringContaining(String(victim!.event_id)) })

    for (const { child } of services) child.kill('SIGTERM')
    expect(await Promise.all(services.map(async ({ service, ended }) => [service, (await ended).code]))).toEqual(all(0))
  })
})

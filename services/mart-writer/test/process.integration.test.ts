import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { failedEventsTopic } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createKafkaEventLog, type EventLog } from '@millrace/event-log'
import { createCassandraMart, type Mart } from '@millrace/mart'
import { createLogger, systemClock } from '@millrace/runtime'
import { emitEvent } from '@millrace/stream'
import { findFreePorts, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMartWriterTopology } from '../src/index.ts'
import { tableOf } from './embedded-world.ts'
import { curated } from './lol-events.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const EVENTS = 400

function startProcess(variables: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], { env: variables, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const closed = once(child, 'close').then(([code]) => code as number | null)
  return { child, closed, printed: () => printed }
}

describeOnStack('mart-writer process', ['kafka', 'cassandra'], ({ kafka, cassandra }) => {
  const logger = createLogger('test', { level: 'silent' })
  const keyspace = `process_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const player = `player ${randomUUID()}`
  const parts = { clock: systemClock, logger }
  let log: EventLog
  let mart: Mart
  beforeAll(async () => {
    log = createKafkaEventLog({ brokers: [...kafka.brokers], clientId: 'test', ...parts })
    mart = createCassandraMart({ ...cassandra, keyspace, ...parts })
    const { topics } = createMartWriterTopology({ domain: lol, mart })
    await log.ensureTopics([...topics, failedEventsTopic])
  })
  afterAll(async () => {
    await mart?.close()
    await log?.close()
  })

  const settings = async (): Promise<Record<string, string>> => {
    const [adminPort] = await findFreePorts(1)
    return {
      MILLRACE_ADMIN_PORT: String(adminPort),
      MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
      MILLRACE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      MILLRACE_CASSANDRA_PORT: String(cassandra.port),
      MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: cassandra.localDataCenter,
      MILLRACE_CASSANDRA_KEYSPACE: keyspace,
      MILLRACE_DOMAINS: 'lol',
    }
  }

  it('makes its tables, writes what is in Kafka, answers its probes, and ends with 0 and everything committed on SIGTERM', async () => {
    const variables = await settings()
    const writer = startProcess(variables)
    const admin = `http://127.0.0.1:${variables.MILLRACE_ADMIN_PORT}`
    const ready = async () => (await fetch(`${admin}/readyz`)).status === 200
    try {
      await waitUntil(ready, { what: 'the mart writer to be ready', deadlineMs: 120_000 })
      const producer = await log.producer({ clientId: 'test' })
      const records = Array.from({ length: EVENTS }, (_, index) => ({
        ...emitEvent(lol.topics.curated, curated(index, { account: player, champion: 'Lux' })),
        timestampMs: systemClock.now(),
      }))
      const results = await producer.append('lol.curated', records, { deadlineMs: 60_000 })
      await producer.close()
      const stored = () =>
        mart.select(tableOf('lol_analysis'), { room_day: '2025-12-31', champion: 'Lux', account: player })
      const all = async () => (await stored()).length === EVENTS
      await waitUntil(all, { what: `${EVENTS} rows in lol_analysis`, deadlineMs: 120_000 })
      expect((await stored()).map(row => row.event_id)).toEqual(records.map((_, index) => curated(index).eventId))
      const metrics = await (await fetch(`${admin}/metrics`)).text()
      expect(metrics).toMatch(
        /millrace_mart_writer_rows_written_total\{table="lol_training",service="mart-writer"\} \d{3}/,
      )
      expect(metrics).toMatch(/millrace_mart_writer_records_in_total\{topic="lol.curated",/)

      writer.child.kill('SIGTERM')
      expect(await writer.closed).toBe(0)
      const last = results.at(-1)
      expect(last?.ok).toBe(true)
      if (last?.ok)
        expect((await log.committed('mart-writer.lol', 'lol.curated')).get(last.partition)?.offset).toBe(
          last.offset + 1,
        )
      expect(writer.printed()).not.toMatch(/"level":"(?:error|fatal)"/)
    } finally {
      writer.child.kill('SIGKILL')
    }
  })

  it('says in one go what is wrong with its settings, and ends with 2', async () => {
    const writer = startProcess({
      MILLRACE_KAFKA_BROKERS: 'localhost:1',
      MILLRACE_CASSANDRA_PORT: 'ninety',
      MILLRACE_CASSANDRA_KEYSPCE: 'x',
    })
    expect(await writer.closed).toBe(2)
    const lines = writer.printed().trim().split('\n')
    expect(lines).toEqual([
      'The configuration has 3 problems:',
      '  - MILLRACE_CASSANDRA_KEYSPCE is not known here. Did you mean MILLRACE_CASSANDRA_KEYSPACE?',
      '  - MILLRACE_CASSANDRA_CONTACT_POINTS is missing: a value is needed.',
      '  - MILLRACE_CASSANDRA_PORT is "ninety": expected a whole number from 1 to 65535.',
    ])
  })

  it('ends with 1 and says why when the mart cannot be used', async () => {
    const writer = startProcess({ ...(await settings()), MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: 'elsewhere' })
    expect(await writer.closed).toBe(1)
    expect(writer.printed()).toContain(
      'has no node in the local data center: check MILLRACE_CASSANDRA_LOCAL_DATA_CENTER',
    )
  })
})

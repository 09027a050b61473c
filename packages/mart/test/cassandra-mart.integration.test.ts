import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import type { MartRow } from '@millrace/contracts'
import { createLogger, ManualClock, systemClock } from '@millrace/runtime'
import { createTcpProxy } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { Client } from 'cassandra-driver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CassandraOptions, createCassandraMart, type MartRetention } from '../src/index.ts'
import { describeMart } from './conformance.ts'
import { readings, totals, visits } from './sample-tables.ts'

const newKeyspace = (): string => `mart_${randomUUID().replaceAll('-', '').slice(0, 12)}`

const rowsFor = (site: string, count: number): MartRow[] =>
  Array.from({ length: count }, (_, at) => ({ writeTimeMicros: 1, values: { site, day: at % 9, at, id: 'x' } }))

function listeningLogger() {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { logger: createLogger('test', { destination: { write: resolve } }), firstLine: promise }
}

describeOnStack('cassandra mart', ['cassandra'], ({ cassandra }) => {
  const keyspace = newKeyspace()
  const [host] = cassandra.contactPoints
  const logger = createLogger('test', { level: 'silent' })
  const openMart = (change: Partial<CassandraOptions> = {}) =>
    createCassandraMart({ ...cassandra, keyspace, clock: systemClock, logger, ...change })

  describeMart('cassandra', async options => openMart(options), { runs: 40 })

  it('tells other programs the retention of a table, changes it, and leaves it alone where none is set', async () => {
    const client = new Client({
      ...cassandra,
      contactPoints: [...cassandra.contactPoints],
      protocolOptions: { port: cassandra.port },
    })
    const seconds = async (retention?: MartRetention) => {
      const mart = openMart(retention && { retention })
      const made = await mart.ensureTables([visits])
      await mart.close()
      const { rows } = await client.execute(
        'SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
        [keyspace, visits.name],
      )
      return [made, rows[0]!.default_time_to_live]
    }
    try {
      await seconds(new Map())
      expect(await seconds(new Map([['visits', 86_400_000]]))).toEqual([['retention of table visits'], 86_400])
      expect(await seconds(new Map([['visits', 86_400_000]]))).toEqual([[], 86_400])
      expect(await seconds(new Map([['visits', 5_000]]))).toEqual([['retention of table visits'], 5])
      expect(await seconds()).toEqual([[], 5])
      expect(await seconds(new Map())).toEqual([['retention of table visits'], 0])
    } finally {
      await client.shutdown()
    }
  })

  describe('its connection', () => {
    it('waits for a server that is still starting, says so, and then works', async () => {
      const proxy = await createTcpProxy({ target: `${host}:${cassandra.port}` })
      await proxy.refuse()
      const { logger, firstLine } = listeningLogger()
      const mart = openMart({ port: proxy.port, logger })
      const ready = mart.ensureTables([readings])
      const said = await firstLine
      expect(JSON.parse(said)).toMatchObject({ level: 'warn', event: 'mart_not_ready' })
      expect(said).toContain('ECONNREFUSED')
      await proxy.restore()
      await ready
      await mart.close()
      await proxy.close()
    })

    it('creates a keyspace only where it may, and tells what was missing', async () => {
      const keyspace = newKeyspace()
      const bound = openMart({ keyspace, createKeyspace: false })
      const missing = [`keyspace ${keyspace}`, 'table readings', 'table totals']
      expect(await bound.lacks([readings, totals])).toEqual(missing)
      await expect(bound.ensureTables([readings])).rejects.toMatchObject({ code: 'keyspace_missing', retryable: false })
      expect(await bound.lacks([readings, totals])).toEqual(missing)
      const free = openMart({ keyspace })
      expect(await free.ensureTables([readings, totals])).toEqual(missing)
      expect(await bound.ensureTables([readings, totals])).toEqual([])
      expect(await bound.lacks([readings, totals])).toEqual([])
      await free.close()
      await bound.close()
    })

    it('gives up after the time it was given, and can be tried again', async () => {
      const proxy = await createTcpProxy({ target: `${host}:${cassandra.port}` })
      await proxy.refuse()
      const mart = openMart({ port: proxy.port, startTimeoutMs: 0 })
      await expect(mart.ping()).rejects.toMatchObject({ code: 'mart_unavailable', retryable: true })
      await proxy.restore()
      await mart.ping()
      await mart.close()
      await proxy.close()
    })

    it('ends at once when it is closed while it waits', async () => {
      const proxy = await createTcpProxy({ target: `${host}:${cassandra.port}` })
      await proxy.refuse()
      // On this clock a wait that closing does not end would never end.
      const { logger, firstLine } = listeningLogger()
      const mart = openMart({ port: proxy.port, logger, clock: new ManualClock() })
      const waiting = expect(mart.ping()).rejects.toMatchObject({ code: 'mart_closed' })
      await firstLine
      await mart.close()
      await waiting
      await proxy.close()
    })

    it('says which setting is wrong when the data center is', async () => {
      const mart = openMart({ localDataCenter: 'elsewhere' })
      await expect(mart.ping()).rejects.toMatchObject({ code: 'wrong_data_center', retryable: false })
      await mart.close()
    })

    it('fails a request that gets no answer in time as retryable, and goes on when answers come again', async () => {
      const proxy = await createTcpProxy({ target: `${host}:${cassandra.port}` })
      const mart = openMart({ port: proxy.port, requestTimeoutMs: 500 })
      await mart.ensureTables([readings])
      const rows = rowsFor(randomUUID(), 200)
      await mart.upsert(readings, rows.slice(0, 1))
      proxy.hold()
      await expect(mart.upsert(readings, rows)).rejects.toMatchObject({ retryable: true })
      await proxy.restore()
      await expect.poll(() => mart.upsert(readings, rows).then(() => 'written'), { timeout: 30_000 }).toBe('written')
      const stored = await mart.select(readings, { site: rows[0]!.values.site!, day: 4 })
      expect(stored).toHaveLength(22)
      await mart.close()
      await proxy.close()
    })

    it('refuses a row that the server can never take as bad data', async () => {
      const mart = openMart()
      await mart.ensureTables([readings])
      const [row] = rowsFor(randomUUID(), 1)
      const huge = { ...row!, values: { ...row!.values, note: 'x'.repeat(17 * 2 ** 20) } }
      await expect(mart.upsert(readings, [huge])).rejects.toMatchObject({ code: 'row_refused', kind: 'input' })
      await mart.upsert(readings, [row!])
      await mart.close()
    })

    it('leaves a keyspace that exists as it is', async () => {
      const own = newKeyspace()
      const client = new Client({
        contactPoints: [...cassandra.contactPoints],
        protocolOptions: { port: cassandra.port },
        localDataCenter: cassandra.localDataCenter,
      })
      await client.execute(
        `CREATE KEYSPACE ${own} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
      )
      const mart = openMart({ keyspace: own, replication: { [cassandra.localDataCenter]: 3 } })
      await mart.ensureTables([totals])
      const { rows } = await client.execute(
        `SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '${own}'`,
      )
      expect(rows[0]?.replication).toMatchObject({ class: expect.stringContaining('SimpleStrategy') })
      await mart.upsert(totals, [{ writeTimeMicros: 1, values: { name: 'a', total: 1 } }])
      await mart.close()
      await client.execute(`DROP KEYSPACE ${own}`)
      await client.shutdown()
    })
  })

  describe('TLS', () => {
    let folder: string
    let server: tls.Server
    let port: number
    let ca: string
    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'millrace-mart-tls-'))
      const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
      const subject = ['-subj', '/CN=mart.test', '-addext', 'subjectAltName=DNS:mart.test']
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]
      execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
      ca = readFileSync(certFile, 'utf8')
      server = tls.createServer({ key: readFileSync(keyFile), cert: ca }, secure => {
        const plain = net.connect(cassandra.port, host)
        for (const socket of [secure, plain]) socket.on('error', () => [secure, plain].map(each => each.destroy()))
        secure.pipe(plain).pipe(secure)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    })
    afterAll(() => {
      server?.close()
      rmSync(folder, { recursive: true, force: true })
    })
    const overTls = (settings: CassandraOptions['tls']) =>
      openMart({ contactPoints: ['127.0.0.1'], port, tls: settings! })

    it('works with the certificate that it was told to trust', async () => {
      const mart = overTls({ ca, serverName: 'mart.test' })
      await mart.ping()
      await mart.close()
    })

    it.each([
      ['that nobody vouches for', () => ({ serverName: 'mart.test' })],
      ['of another name', () => ({ ca, serverName: 'other.test' })],
      ['that does not name the address', () => ({ ca })],
    ])('refuses a certificate %s, at once', async (_, settings) => {
      const mart = overTls(settings())
      await expect(mart.ping()).rejects.toMatchObject({ code: 'certificate_refused', retryable: false })
      await mart.close()
    })
  })
})

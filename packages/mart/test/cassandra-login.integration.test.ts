import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CodedError, createLogger, loadConfig, systemClock } from '@millrace/runtime'
import { CASSANDRA_LOGIN, type Stack, startStack } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { Client } from 'cassandra-driver'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { cassandraEnv, cassandraMartFromEnv, type Mart } from '../src/index.ts'
import { readings } from './sample-tables.ts'

const WRITER = { username: 'writer', password: 'the-password-of-the-writer' }
const WRONG = 'a-wrong-password'

/* On a server of its own: that of the other tests lets everybody in. */
describeOnStack('cassandra mart with a login', ['cassandra'], () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cassandra-login-'))
  let stack: Stack
  let admin: Client
  beforeAll(async () => {
    stack = await startStack({ directory, kafkaBrokers: 0, dataNodes: 0, cassandra: 'with-login' })
    const { contactPoints, port, localDataCenter } = stack.addresses.cassandra!
    const protocolOptions = { port }
    admin = new Client({
      contactPoints: [...contactPoints],
      localDataCenter,
      protocolOptions,
      credentials: CASSANDRA_LOGIN,
    })
    for (const statement of [
      `CREATE ROLE ${WRITER.username} WITH PASSWORD = '${WRITER.password}' AND LOGIN = true`,
      "CREATE KEYSPACE given WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
      ...['CREATE', 'ALTER', 'SELECT', 'MODIFY'].map(right => `GRANT ${right} ON KEYSPACE given TO ${WRITER.username}`),
    ])
      await admin.execute(statement)
  }, 300_000)
  afterAll(async () => {
    await admin?.shutdown()
    await stack?.stop({ graceMs: 0 })
    rmSync(directory, { recursive: true, force: true })
  })

  /** As a service does it: from its environment. */
  function open(keyspace: string, login?: { readonly username: string; readonly password: string }): Mart {
    const { contactPoints, port, localDataCenter } = stack.addresses.cassandra!
    const config = loadConfig(
      {
        MILLRACE_CASSANDRA_CONTACT_POINTS: contactPoints.join(','),
        MILLRACE_CASSANDRA_PORT: String(port),
        MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: localDataCenter,
        MILLRACE_CASSANDRA_KEYSPACE: keyspace,
        ...(login ? { MILLRACE_CASSANDRA_USERNAME: login.username, MILLRACE_CASSANDRA_PASSWORD: login.password } : {}),
      },
      cassandraEnv,
    )
    const logger = createLogger('test', { level: 'silent' })
    const mart = cassandraMartFromEnv(config, { clock: systemClock, logger, tables: [] })
    onTestFinished(() => mart.close())
    return mart
  }
  async function failureOf(mart: Mart): Promise<CodedError> {
    const error = await mart.ensureTables([readings]).then(
      () => null,
      (error: unknown) => error,
    )
    if (!(error instanceof CodedError)) throw new Error(`expected a coded error, got ${String(error)}`)
    expect(error.message).not.toContain(WRITER.password)
    expect(error.message).not.toContain(WRONG)
    expect(error.message).not.toContain('\n')
    return error
  }

  it('needs no right to create keyspaces where its keyspace is there', async () => {
    const mart = open('given', WRITER)
    await mart.ensureTables([readings])
    await mart.ensureTables([readings])
    const values = { site: 'a', day: 1, at: 1, id: 'x' }
    await mart.upsert(readings, [{ writeTimeMicros: 1, values }])
    expect(await mart.select(readings, { site: 'a', day: 1 })).toHaveLength(1)
  })

  it('says what is not permitted where the keyspace is missing and may not be created', async () => {
    const error = await failureOf(open('missing', WRITER))
    expect(error).toMatchObject({ code: 'not_permitted', retryable: false })
    expect(error.message).toMatch(/missing.*no CREATE permission on <all keyspaces>/)
  })

  it('creates a missing keyspace where it may', async () => {
    await open('made', CASSANDRA_LOGIN).ensureTables([readings])
    const { rowLength } = await admin.execute(
      "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'made'",
    )
    expect(rowLength).toBe(1)
  })

  it.each([
    ['a wrong password', { ...WRITER, password: WRONG }],
    ['no login at all', undefined],
  ])('names the settings for %s, at once', async (_, login) => {
    const error = await failureOf(open('given', login))
    expect(error).toMatchObject({ code: 'login_refused', retryable: false })
    expect(error.message).toContain('MILLRACE_CASSANDRA_USERNAME and MILLRACE_CASSANDRA_PASSWORD')
  })
})

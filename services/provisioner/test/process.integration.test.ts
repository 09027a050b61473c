import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { createKafkaEventLog } from '@millrace/event-log'
import { createCassandraMart } from '@millrace/mart'
import { createLogger, systemClock } from '@millrace/runtime'
import { createTcpProxy, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const NODE_ENV = { NODE_NO_WARNINGS: '1' }

function run(variables: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...NODE_ENV, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }))
  return { child, printed, ended }
}

describeOnStack('provisioner process', ['kafka', 'cassandra'], ({ kafka, cassandra }) => {
  const parts = { clock: systemClock, logger: createLogger('test', { level: 'silent' }) }
  const topics = { MILLRACE_PROVISION: 'topics', MILLRACE_KAFKA_BROKERS: kafka.brokers.join(',') }
  const mart = (keyspace: string) => ({
    MILLRACE_PROVISION: 'mart',
    MILLRACE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
    MILLRACE_CASSANDRA_PORT: String(cassandra.port),
    MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: cassandra.localDataCenter,
    MILLRACE_CASSANDRA_KEYSPACE: keyspace,
  })
  const newKeyspace = (): string => `provision_${randomUUID().replaceAll('-', '').slice(0, 12)}`

  it('makes the topics, and says the next time that there is nothing to change', async () => {
    const first = await run(topics).ended
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(await run(topics).ended).toEqual({ code: 0, out: 'Topics: nothing to change.\n', err: '' })
    const log = createKafkaEventLog({ brokers: [...kafka.brokers], clientId: 'test', ...parts })
    for (const { name } of catalog.topics) expect((await log.range(name)).length).toBeGreaterThan(0)
    await log.close()
  })

  it('waits for a Cassandra that is not there yet, says so once, then makes keyspace and tables', async () => {
    const keyspace = newKeyspace()
    const proxy = await createTcpProxy({ target: `${cassandra.contactPoints[0]}:${cassandra.port}` })
    await proxy.refuse()
    const variables = { ...mart(keyspace), MILLRACE_CASSANDRA_PORT: String(proxy.port) }
    const process = run({ ...variables, MILLRACE_CASSANDRA_CONTACT_POINTS: '127.0.0.1' })
    try {
      const said = () => process.printed.err.includes('Waiting: ')
      await waitUntil(said, { what: 'the provisioner to say what it waits for', deadlineMs: 120_000 })
      await proxy.restore()
      const { code, out, err } = await process.ended
      const made = [`keyspace ${keyspace}`, ...catalog.tables.map(({ name }) => `table ${name}`)]
      expect({ code, out: out.slice(out.indexOf('created')) }).toEqual({
        code: 0,
        out: `created ${made.join(', ')}.\n`,
      })
      expect(err.trim().split('\n')).toEqual([
        expect.stringMatching(/^Waiting: The mart at .* cannot be reached: .*ECONNREFUSED/),
      ])
    } finally {
      process.child.kill('SIGKILL')
      await proxy.close()
    }
    const again = await run(mart(keyspace)).ended
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(': nothing to change.'), err: '' })
    const opened = createCassandraMart({ ...cassandra, keyspace, ...parts })
    expect(await opened.lacks(catalog.tables)).toEqual([])
    await opened.close()
  })

  it.each([
    [
      'the keyspace is missing and may not be created',
      { ...mart(newKeyspace()), MILLRACE_CASSANDRA_CREATE_KEYSPACE: 'false' },
      /^There is no keyspace at cassandra:.*: create it, or set MILLRACE_CASSANDRA_CREATE_KEYSPACE to true\.$/,
    ],
    [
      'Kafka does not come',
      { ...topics, MILLRACE_KAFKA_BROKERS: '127.0.0.1:1', MILLRACE_DEADLINE: '4s' },
      /^Gave up after 4 s\. /m,
    ],
  ])('ends with 1 and one clear reason when %s', async (_, variables, reason) => {
    const { code, out, err } = await run(variables).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err.trim()).toMatch(reason)
  })

  it('ends with 2 when its settings do not fit', async () => {
    const { code, err } = await run({ MILLRACE_PROVISION: 'mart' }).ended
    expect({ code, err }).toEqual({
      code: 2,
      err: 'The configuration has 1 problem:\n  - MILLRACE_CASSANDRA_CONTACT_POINTS is missing: a value is needed with MILLRACE_PROVISION=mart.\n',
    })
  })
})

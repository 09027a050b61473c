import path from 'node:path'
import type { Catalog, MartTable, Topic } from '@millrace/contracts'
import { antenna } from '@millrace/domains/antenna/contract'
import { catalogOf, catalog as everything } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type EventLog, logError } from '@millrace/event-log'
import { createKey } from '@millrace/ingest-gateway'
import type { Mart } from '@millrace/mart'
import { createLogger, type Logger, systemClock } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'
import { createAllInOne } from '../src/all-in-one.ts'
import { ensurePlatform, openEmbeddedPlatform } from '../src/platform.ts'

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })

interface Changes {
  /** Every domain unless given. */
  readonly catalog?: Catalog
  readonly log?: (log: EventLog) => EventLog
  readonly mart?: (mart: Mart) => Mart
  readonly logger?: Logger
}

/** Every service over embedded stores, started; parts of the stores may be made to fail. */
async function startAll(changes: Changes) {
  const { catalog = everything, log = of => of, mart = of => of } = changes
  const directory = temporaryDirectory('all-in-one')
  const platform = await openEmbeddedPlatform(directory, { clock, logger })
  onTestFinished(() => platform.close())
  await ensurePlatform(platform, catalog)
  const keysFile = path.join(directory, 'keys.json')
  const topics = [...catalog.routes.values()].map(({ name }) => name)
  const { key } = await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })
  const all = createAllInOne({
    catalog,
    platform: { ...platform, log: log(platform.log), mart: mart(platform.mart) },
    clock,
    logger: changes.logger ?? logger,
    gateway: { host: '127.0.0.1', port: 0, keysFile },
    spoolDirectory: path.join(directory, 'spool'),
    lakeFormat: 'ndjson.zst',
    archiveAfterMs: 200,
  })
  onTestFinished(() => all.stop())
  await all.start()
  /** Sends the samples of a topic; the status of the answer. */
  async function sendSamples({ route }: Topic): Promise<number> {
    const response = await fetch(`${all.gatewayUrl}${route!.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(route!.samples),
    })
    return response.status
  }
  async function rowsOf(table: MartTable): Promise<number> {
    let rows = 0
    for await (const page of platform.mart.scan(table, table.partitionKey)) rows += page.length
    return rows
  }
  return { all, sendSamples, rowsOf }
}

it('has started when the gateway accepts events, also where the log is not ready at once', async () => {
  let refusals = 2
  const { sendSamples } = await startAll({
    log: log => ({
      ...log,
      async producer(options) {
        if (options.clientId.includes('gateway') && refusals-- > 0)
          throw logError('log_unavailable', { where: 'here', reason: 'it is starting' })
        return log.producer(options)
      },
    }),
  })
  expect(refusals).toBeLessThanOrEqual(0)
  const [topic] = everything.routes.values()
  expect(await sendSamples(topic!)).toBe(200)
})

it('goes on with the other domains when an error stops one in a service, and says which', async () => {
  const broken = new Set<string>([lol.name])
  const lines: { readonly event: string; readonly component?: string; readonly domain?: string }[] = []
  const texts: string[] = []
  const catalog = catalogOf([lol.name, antenna.name])
  const { all, sendSamples, rowsOf } = await startAll({
    catalog,
    logger: createLogger('test', {
      level: 'error',
      destination: {
        write(line) {
          texts.push(line)
          lines.push(JSON.parse(line))
        },
      },
    }),
    mart: mart => ({
      ...mart,
      async upsert(table, rows) {
        const domain = table.name.split('_')[0]!
        if (broken.has(domain)) throw new Error(`never seen before in ${domain}`)
        return mart.upsert(table, rows)
      },
    }),
  })
  let isOver = false
  all.failed.catch(() => {
    isOver = true
  })
  expect(await sendSamples(lol.topics.raw)).toBe(200)
  await expect(all.domainFailed).rejects.toThrow('never seen before in lol')
  expect(lines.filter(({ event }) => event === 'domain_stopped')).toMatchObject([
    { component: 'mart-writer', domain: 'lol' },
  ])

  expect(await sendSamples(antenna.topics.raw)).toBe(200)
  const events = catalog.mappingsOf(antenna.topics.curated.name)[0]!.table
  await waitUntil(async () => (await rowsOf(events)) === antenna.topics.raw.route!.samples.length, {
    what: 'the row of the other domain',
    deadlineMs: 30_000,
  })
  expect(isOver).toBe(false)

  broken.add(antenna.name)
  expect(await sendSamples(antenna.topics.raw)).toBe(200)
  await expect(all.failed).rejects.toThrow('never seen before in lol')
  expect(lines.filter(({ event, domain }) => event === 'domain_stopped' && domain === 'antenna')).toHaveLength(1)
  for (const text of texts) expect(text.match(/"service":/g)).toHaveLength(1)
})

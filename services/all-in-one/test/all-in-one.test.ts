import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { type EventLog, logError } from '@millrace/event-log'
import { createKey } from '@millrace/ingest-gateway'
import { createLogger, systemClock } from '@millrace/runtime'
import { expect, it, onTestFinished } from 'vitest'
import { createAllInOne } from '../src/all-in-one.ts'
import { ensurePlatform, openEmbeddedPlatform } from '../src/platform.ts'

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })

it('has started when the gateway accepts events, also where the log is not ready at once', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'all-in-one-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const platform = await openEmbeddedPlatform(directory, { clock, logger })
  onTestFinished(() => platform.close())
  await ensurePlatform(platform, catalog)
  const keysFile = path.join(directory, 'keys.json')
  const topics = [...catalog.routes.values()].map(({ name }) => name)
  const { key } = await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })
  let refusals = 2
  const log: EventLog = {
    ...platform.log,
    async producer(options) {
      if (options.clientId.includes('gateway') && refusals-- > 0)
        throw logError('log_unavailable', { where: 'here', reason: 'it is starting' })
      return platform.log.producer(options)
    },
  }
  const all = createAllInOne({
    catalog,
    platform: { ...platform, log },
    clock,
    logger,
    gateway: { host: '127.0.0.1', port: 0, keysFile },
    spoolDirectory: path.join(directory, 'spool'),
    lakeFormat: 'ndjson.zst',
    archiveAfterMs: 200,
  })
  onTestFinished(() => all.stop())
  await all.start()
  expect(refusals).toBeLessThanOrEqual(0)
  const [topic] = catalog.routes.values()
  const response = await fetch(`${all.gatewayUrl}${topic!.route!.path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(topic!.route!.samples),
  })
  expect(response.status).toBe(200)
})

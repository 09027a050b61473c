import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createCatalog, failedEventsTopic } from '@millrace/contracts'
import { type WebRaw, web } from '@millrace/domains/web/contract'
import { createEmbeddedEventLog, type EventLog, logError } from '@millrace/event-log'
import { createGateway, createKey, createKeyStore, type NewKey, revokeKey } from '@millrace/ingest-gateway'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'

const topic = web.topics.raw.name

/** A stored event, and the bytes that are stored. */
export interface StoredEvent extends WebRaw {
  readonly bytes: string
}

export interface GatewayKit {
  readonly url: string
  /** Makes a browser key; it is in force when this returns. */
  addKey(origins: readonly string[], quota: NonNullable<NewKey['quota']>): Promise<{ id: string; key: string }>
  /** Revokes a key; it is refused when this returns. */
  revoke(made: { id: string; key: string }): Promise<void>
  /** While true, the log refuses every record. */
  isLogDown: boolean
  /** Every event of the log whose page has `part` in its address, in the order of their times; repetitions are among them. */
  stored(part: string): Promise<StoredEvent[]>
  /** Failed events, as they were sent. */
  refused(): Promise<string[]>
  stop(): Promise<void>
}

/** The log, whose appends can be made to fail as those of a server that cannot be reached. */
const failing = (log: EventLog, isDown: () => boolean): EventLog => ({
  ...bound(log),
  async producer(options) {
    const producer = await log.producer(options)
    return {
      ...bound(producer),
      get inFlightBytes() {
        return producer.inFlightBytes
      },
      append: async (topic, records, options) =>
        isDown()
          ? records.map(() => ({
              ok: false as const,
              error: logError('log_unavailable', { where: 'the test', reason: 'down' }),
            }))
          : producer.append(topic, records, options),
    }
  },
})

/** The methods of an object, bound to it. */
function bound<Type extends object>(object: Type): Type {
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A real gateway over an embedded log, on a free port. */
export async function startGateway(): Promise<GatewayKit> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'millrace-tracker-'))
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory, clock: systemClock, logger })
  await log.ensureTopics([web.topics.raw, failedEventsTopic])
  const keyFile = path.join(directory, 'keys.json')
  await writeFile(keyFile, '{"keys":[]}')
  const keys = createKeyStore({ file: keyFile, topics: [topic], clock: systemClock, logger, pollMs: 20 })
  await keys.start()
  const inForce = (key: string, isLive: boolean) =>
    waitUntil(() => (keys.find(key) !== undefined) === isLive, { deadlineMs: 60_000, what: 'the key file to be read' })
  const health = createHealth()
  const state = { isLogDown: false }
  const gateway = createGateway({
    catalog: createCatalog([web]),
    log: failing(log, () => state.isLogDown),
    keys,
    clock: systemClock,
    logger,
    metrics: createServiceMetrics('ingest-gateway', { processMetrics: false }),
    health,
    options: { port: 0 },
  })
  await gateway.start()
  await waitUntil(() => health.notReady() === null, { deadlineMs: 60_000, what: 'the gateway to be ready' })

  async function read(name: string): Promise<string[]> {
    const values: string[] = []
    for (const { partition, earliest, end } of await log.range(name))
      for await (const records of log.read(name, partition, earliest, end))
        for (const { value } of records) values.push(value.toString())
    return values
  }

  return Object.assign(state, {
    url: gateway.address,
    async addKey(corsOrigins: readonly string[], quota: NonNullable<NewKey['quota']>) {
      const wanted = { name: 'shop', topics: [topic], quota, corsOrigins, browser: true }
      const { id, key } = await createKey(keyFile, wanted, { topics: [topic], browserTopics: [topic] })
      await inForce(key, true)
      return { id, key }
    },
    async revoke({ id, key }: { id: string; key: string }) {
      await revokeKey(keyFile, id)
      await inForce(key, false)
    },
    async stored(part: string) {
      const events = (await read(topic)).map((bytes): StoredEvent => ({ ...JSON.parse(bytes), bytes }))
      return events
        .filter(({ current_page }) => current_page.includes(part))
        .toSorted((a, b) => a.timestamp.localeCompare(b.timestamp))
    },
    async refused() {
      const failed = await read(failedEventsTopic.name)
      return failed.map(text => Buffer.from(JSON.parse(text).payload, 'base64').toString())
    },
    async stop() {
      await gateway.stop()
      await keys.stop()
      await log.close()
      await rm(directory, { recursive: true, force: true })
    },
  })
}

import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { eventTimeOf, periodFolder, periodStart, quarantineFolder, type Topic } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { createKey } from '@millrace/ingest-gateway'
import { reconcileOnce } from '@millrace/reconciler'
import { createLogger, systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AllInOne, createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { ensurePlatform, openEmbeddedPlatform, type Platform } from '../src/platform.ts'

type Event = Readonly<Record<string, unknown>>

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
const directory = mkdtempSync(path.join(os.tmpdir(), 'every-sample-'))
const routed = [...catalog.routes.values()]
const cases = routed.map(topic => [topic.name, topic] as const)
let platform: Platform
let all: AllInOne
/** Ids that the gateway gave to the samples, by topic. */
const sent = new Map<string, string[]>()

beforeAll(async () => {
  platform = await openEmbeddedPlatform(directory, { clock, logger })
  await ensurePlatform(platform, catalog)
  const keysFile = path.join(directory, 'keys.json')
  const topics = routed.map(({ name }) => name)
  const { key } = await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })
  all = createAllInOne({
    catalog,
    platform,
    clock,
    logger,
    gateway: { host: '127.0.0.1', port: 0, keysFile },
    spoolDirectory: path.join(directory, 'spool'),
    lakeFormat: 'ndjson.zst',
    archiveAfterMs: 200,
  })
  await all.start()
  for (const { name, route } of routed) {
    const response = await fetch(`${all.gatewayUrl}${route!.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(route!.samples),
    })
    const answer = (await response.json()) as { results: readonly { eventId: string }[] }
    expect(response.status, `${name}: ${JSON.stringify(answer)}`).toBe(200)
    sent.set(
      name,
      answer.results.map(({ eventId }) => eventId),
    )
  }
  await untilCaughtUp(platform.log, all.groups, { clock, stallMs: 60_000, onLag: () => {} })
})
afterAll(async () => {
  await all?.stop()
  await platform?.close()
  rmSync(directory, { recursive: true, force: true })
})

async function eventsOf({ name }: Topic): Promise<readonly Event[]> {
  const events: Event[] = []
  for (const { partition, earliest, end } of await platform.log.range(name))
    for await (const records of platform.log.read(name, partition, earliest, end))
      for (const { key, value } of records) {
        const event = JSON.parse(value.toString())
        expect(key.toString(), name).toBe(catalog.topic(name).keyOf(event))
        events.push(event)
      }
  return events
}

const inLake = async (folder: string): Promise<number> => (await platform.lake.list(folder)).length

async function expectRows(topic: Topic): Promise<void> {
  for (const { table, toRow } of catalog.mappingsOf(topic.name)) {
    const rows = (await eventsOf(topic)).map(event => toRow(event)).filter(row => row !== null)
    expect(await platform.mart.has(table, rows), `${topic.name} in ${table.name}`).toEqual(rows.map(() => true))
  }
}

describe('the samples of every topic', () => {
  it.each(cases)('of %s are in the log, under the key of the contract', async (_, topic) => {
    expect(topic.route!.samples.length).toBeGreaterThan(0)
    const ids = (await eventsOf(topic)).map(({ eventId }) => eventId)
    expect(ids.sort()).toEqual(sent.get(topic.name)!.sort())
  })

  it.each(cases.filter(([, { lake }]) => lake))('of %s are in the hour of their event time', async (name, topic) => {
    for (const event of await eventsOf(topic)) {
      const timeMs = eventTimeOf(topic, event)
      expect(timeMs, name).not.toBeNull()
      expect(await inLake(periodFolder(name, 'ndjson.zst', periodStart('ndjson.zst', timeMs!)))).toBeGreaterThan(0)
    }
    expect(await inLake(quarantineFolder(name))).toBe(0)
  })

  it.each(cases)('of %s are rows of the mart, as they are or as what is derived from each', async (name, topic) => {
    await expectRows(topic)
    for (const derived of catalog.derivedOf(name).filter(({ derivedFrom }) => derivedFrom?.relation === 'each')) {
      // A joined event is published again when a row arrives.
      const ids = new Set((await eventsOf(derived)).map(({ eventId }) => eventId))
      expect(ids).toEqual(new Set(sent.get(name)))
      await expectRows(derived)
    }
  })

  it.each(catalog.topics.map(({ name }) => name))(
    'and what is made of them: %s is read by the groups of the contract',
    name => {
      const readers = Object.entries(all.groups).flatMap(([group, topics]) => (topics.includes(name) ? [group] : []))
      expect(catalog.groupsOf(name).toSorted()).toEqual(readers.toSorted())
    },
  )

  it('are compared while the services run', async () => {
    const workDirectory = mkdtempSync(path.join(directory, 'work-'))
    const waits: string[] = []
    const report = await reconcileOnce({
      ...{ ...platform, catalog, clock, workDirectory, deadlineMs: 60_000 },
      onWait: reason => waits.push(reason),
    })
    expect({ ...report, waits }).toMatchObject({ ok: true, examples: [] })
    for (const { source } of catalog.conservation) {
      // Of a derived topic, what was made.
      const ids = sent.get(source.name) ?? (await eventsOf(source)).map(({ eventId }) => eventId)
      expect(report.conservation[source.name]).toMatchObject({ source: new Set(ids).size, difference: 0 })
      expect(ids).not.toEqual([])
    }
  })

  it('fail nowhere', async () => {
    expect(await eventsOf(catalog.topic('failed-events'))).toEqual([])
  })
})

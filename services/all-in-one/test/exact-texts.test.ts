import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { lakeFormats, type MartTable, RECEIVED_AT, type Topic } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { LogRecord } from '@millrace/event-log'
import { createKey } from '@millrace/ingest-gateway'
import { readDataFile, readManifests } from '@millrace/lake'
import { createLogger, systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AllInOne, createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { ensurePlatform, openEmbeddedPlatform, type Platform } from '../src/platform.ts'

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
const routed = [...catalog.routes.values()]

/** Texts that are easily changed on the way; the first two look the same. */
const TEXTS = {
  'Korean, composed': '한글 광고'.normalize('NFC'),
  'Korean, in single letters': '한글 광고'.normalize('NFD'),
  'combining characters in either order': 'q\u0323\u0307 q\u0307\u0323 é e\u0301',
  'an emoji of several': '👩‍👩‍👧‍👦🇰🇷',
  'quotation marks and separators': '"\\/\u2028\u00a0\u200b',
  'letters of other alphabets': 'ẞßİıﬁΐ各ไทย',
} as const

type Fields = Record<string, unknown>

const isFreeText = (schema: z.ZodType): boolean => Object.values(TEXTS).every(text => schema.safeParse(text).success)

/** An event with a text in every place where the contract takes any. */
function filled(schema: z.ZodObject, sample: Fields, text: string): Fields {
  const event: Fields = { ...sample, remark: text }
  for (const [name, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    if (name === 'eventId' || name === RECEIVED_AT) continue
    if (field instanceof z.ZodObject) event[name] = filled(field, (sample[name] ?? {}) as Fields, text)
    else if (isFreeText(field)) event[name] = text
  }
  return event
}

interface Sent {
  readonly topic: Topic
  readonly eventId: string
  readonly text: string
  readonly event: Fields
}

let made = 0
const sent: Sent[] = routed.flatMap(topic =>
  Object.values(TEXTS).flatMap(text =>
    topic.route!.samples.map(sample => {
      const eventId = `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`
      return { topic, eventId, text, event: { ...filled(topic.schema, sample, text), eventId } }
    }),
  ),
)

/** The topic and those that are made of each of its events and hold all of its fields. */
const copiesOf = (topic: Topic): readonly Topic[] => [
  topic,
  ...catalog
    .derivedOf(topic.name)
    .filter(
      ({ derivedFrom, schema }) =>
        derivedFrom?.relation === 'each' && Object.keys(topic.schema.shape).every(field => field in schema.shape),
    ),
]

const bytesOf = (text: string): Buffer => Buffer.from(JSON.stringify(text))

/** Where an event has a text, nested objects included. */
const placesOf = (value: unknown, text: string): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, each]) => placesOf(each, text).map(place => [name, ...place]))
    : value === text
      ? [[]]
      : []

const at = (value: unknown, place: readonly string[]): unknown =>
  place.reduce((found, name) => (found as Fields | undefined)?.[name], value)

/** A copy may have a text in capitals. */
function expectTexts(stored: unknown, { topic, copy, event, text }: Omit<Sent, 'eventId'> & { copy: Topic }): void {
  for (const place of placesOf(event, text))
    expect(copy === topic ? [text] : [text, text.toUpperCase()], `${copy.name}: ${place}`).toContain(at(stored, place))
}

describe.each(lakeFormats)('texts of events, with the lake in %s', format => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'exact-texts-'))
  let platform: Platform
  let all: AllInOne

  beforeAll(async () => {
    platform = await openEmbeddedPlatform(directory, { clock, logger })
    await ensurePlatform(platform, catalog)
    const keysFile = path.join(directory, 'keys.json')
    const topics = routed.map(({ name }) => name)
    const { key } = await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })
    const spoolDirectory = path.join(directory, 'spool')
    const gateway = { host: '127.0.0.1', port: 0, keysFile }
    all = createAllInOne({
      ...{ catalog, platform, clock, logger, gateway, spoolDirectory, lakeFormat: format, archiveAfterMs: 200 },
    })
    await all.start()
    for (const topic of routed) {
      const events = sent.filter(each => each.topic === topic).map(({ event }) => event)
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const body = JSON.stringify(events)
      const response = await fetch(`${all.gatewayUrl}${topic.route!.path}`, { method: 'POST', headers, body })
      expect(response.status, `${topic.name}: ${await response.text()}`).toBe(200)
    }
    await untilCaughtUp(platform.log, all.groups, { clock, stallMs: 60_000, onLag: () => {} })
  })
  afterAll(async () => {
    await all?.stop()
    await platform?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function recordsOf({ name }: Topic): Promise<Map<string, LogRecord>> {
    const found = new Map<string, LogRecord>()
    for (const { partition, earliest, end } of await platform.log.range(name))
      for await (const records of platform.log.read(name, partition, earliest, end))
        for (const record of records)
          found.set((JSON.parse(record.value.toString()) as Fields).eventId as string, record)
    return found
  }

  it.each(routed.map(topic => [topic.name, topic] as const))(
    '%s has their bytes in the log, and so has what is made of each event',
    async (_, topic) => {
      for (const copy of copiesOf(topic)) {
        const records = await recordsOf(copy)
        for (const { eventId, text, event } of sent.filter(each => each.topic === topic)) {
          const record = records.get(eventId)
          expect(record?.value.includes(bytesOf(text)), `${copy.name}: ${text}`).toBe(true)
          expectTexts(JSON.parse(record!.value.toString()), { topic, copy, event, text })
          if (copy.keyOf(event) === text) expect(record!.key.equals(Buffer.from(text))).toBe(true)
        }
      }
    },
  )

  it.each(routed.filter(({ lake }) => lake).map(topic => [topic.name, topic] as const))(
    '%s has them in the lake',
    async (_, topic) => {
      for (const copy of copiesOf(topic).filter(({ lake }) => lake)) {
        const found = new Map<unknown, unknown>()
        for (const { partition } of await platform.log.range(copy.name))
          for await (const { files } of readManifests(platform.lake, copy.name, partition))
            for (const file of files)
              for await (const rows of readDataFile(platform.lake, file, { directory }))
                for (const { event } of rows) found.set((event as Fields).eventId, event)
        for (const { eventId, text, event } of sent.filter(each => each.topic === topic))
          expectTexts(found.get(eventId), { topic, copy, event, text })
      }
    },
  )

  const textsIn = async (table: MartTable): Promise<Set<string>> => {
    const columns = Object.keys(table.columns).filter(column => table.columns[column]!.type === 'text')
    const texts = new Set<string>()
    for await (const page of platform.mart.scan(table, columns))
      for (const row of page) for (const column of columns) texts.add(`${column} ${row[column]}`)
    return texts
  }

  it.each(
    routed
      .flatMap(topic => copiesOf(topic).flatMap(copy => catalog.mappingsOf(copy.name)))
      .map(mapping => [mapping.table.name, mapping] as const),
  )('%s has them in the mart', async (_, { topic, table, toRow }) => {
    const stored = await textsIn(table)
    for (const { value } of (await recordsOf(topic)).values())
      for (const [column, text] of Object.entries(toRow(JSON.parse(value.toString()))?.values ?? {}))
        if (typeof text === 'string') expect(stored).toContain(`${column} ${text}`)
  })
})

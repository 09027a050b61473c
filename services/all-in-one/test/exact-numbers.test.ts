import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {
  canonicalJson,
  columnsOf,
  itemsOf,
  lakeFormats,
  membersOf,
  parseExact,
  type Topic,
  type WireReader,
  type WireReaders,
} from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { LogRecord } from '@millrace/event-log'
import { createKey } from '@millrace/ingest-gateway'
import { readDataFile, readManifests } from '@millrace/lake'
import { reconcileOnce } from '@millrace/reconciler'
import { createLogger, systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AllInOne, createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { ensurePlatform, openEmbeddedPlatform, type Platform } from '../src/platform.ts'

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
const routed = [...catalog.routes.values()]

/** Numbers as clients write them, most of them not as JSON.stringify would. */
const numbers = fc.sample(
  fc.oneof(
    fc.constantFrom(
      '9007199254740993',
      '123456789.123456789',
      '0.1234567890123456789',
      '1e-400',
      '-0',
      '1.0',
      '1E2',
      '5',
    ),
    fc.stringMatching(/^-?[1-9]\d{0,20}(\.\d{1,20})?(e-?\d{1,2})?$/),
  ),
  { seed: 1, numRuns: 200 },
)

interface Sent {
  readonly eventId: string
  readonly text: string
  /** Unknown fields, the numbers of double columns and those of rows, as they must be found everywhere. */
  readonly kept: ReadonlyMap<string, string>
  /** Fields that are objects, and the number of their unknown field `balance`. */
  readonly nested: readonly (readonly [string, string])[]
}

let made = 0
const nextNumber = (): string => numbers[made++ % numbers.length]!
const nextId = (): string => `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`

/** Fields of what is made of each event of a topic, which are unknown fields for a client. */
const derivedFieldsOf = ({ name, schema }: Topic): string[] =>
  catalog
    .derivedOf(name)
    .flatMap(derived => Object.keys(derived.schema.shape).filter(field => !Object.hasOwn(schema.shape, field)))

/** Fields of a topic that take any number, by asking its schema. */
const numberFieldsOf = ({ schema }: Topic): string[] =>
  Object.entries(schema.shape)
    .filter(([, field]) => [0.5, -1e300, 1e300].every(value => field.safeParse(value).success))
    .map(([name]) => name)

/** Fields of a topic that are objects, which take unknown fields as events do. */
const objectFieldsOf = ({ schema }: Topic): string[] =>
  Object.keys(schema.shape).filter(name => schema.shape[name] instanceof z.ZodObject)

/** The ways in which a client may write an event: each with what the gateway does not take over as it is. */
const writings: Readonly<Record<string, (fields: ReadonlyMap<string, string>, topic: Topic) => string>> = {
  'as it is': fields => objectOf(fields),
  'without an event id': fields => objectOf([...fields].filter(([name]) => name !== 'eventId')),
  'with numbers as texts': (fields, { wire }) => objectOf(asTexts(fields, wire)),
  'with a field twice': fields => objectOf([['first', '1'], ['first', '2'], ...fields]),
  'in lines': fields => objectOf(fields).replaceAll(',"', ',\r\n "'),
}

/** Numbers that have a reader as texts, in nested objects and arrays as well. */
const asTexts = (fields: Iterable<readonly [string, string]>, wire: WireReaders): [string, string][] =>
  [...fields].map(([name, written]) => {
    const reader = Object.hasOwn(wire, name) ? wire[name] : undefined
    return [name, reader ? asText(written, reader) : written]
  })

function asText(written: string, { fields, items }: WireReader): string {
  if (fields) return objectOf(asTexts(membersOf(written), fields))
  if (items) return listOf(itemsOf(written).map(item => asText(item, items)))
  return /^-?\d/.test(written) ? `"${written}"` : written
}

const listOf = (items: readonly string[]): string => `[${items.join(',')}]`

/** Fields that hold rows of numbers: each of their rows, with numbers in its places for doubles. */
const rowFieldsOf = ({ schema }: Topic, fields: ReadonlyMap<string, string>): [string, string][] =>
  columnsOf(schema).flatMap(({ name, rowColumns }): [string, string][] => {
    const written = rowColumns.length > 0 && fields.get(name)
    if (!written) return []
    const rows = itemsOf(written).map(row =>
      listOf(itemsOf(row).map((number, index) => (rowColumns[index]?.type === 'double' ? nextNumber() : number))),
    )
    return [[name, listOf(rows)]]
  })

/** An event time for a sample without one: its time of receipt would be another in each run. */
function timeOf({ timeField }: Topic, sample: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const isTimed = timeField?.unit !== 'instant' || Object.hasOwn(sample, timeField.field)
  return isTimed ? {} : { [timeField.field]: '2024-03-24T11:25:29.845Z' }
}

const objectOf = (fields: Iterable<readonly [string, string]>): string =>
  `{${[...fields].map(([name, written]) => `${JSON.stringify(name)}:${written}`).join(',')}}`

/** Events of a topic, from its samples, with numbers in every place where a client may put some. */
function eventsOf(topic: Topic): Sent[] {
  return topic.route!.samples.flatMap(sample =>
    Object.values(writings).flatMap(write =>
      [0, 1, 2].map(() => {
        const eventId = nextId()
        const kept = new Map([
          ['balance', nextNumber()],
          ['order', `{"id":${nextNumber()},"lines":[${nextNumber()},{"price":${nextNumber()}}]}`],
          ...numberFieldsOf(topic).map(name => [name, nextNumber()] as const),
        ])
        const nested: [string, string][] = []
        const fields = new Map<string, string>(
          Object.entries({ ...timeOf(topic, sample), ...sample, eventId }).map(([name, value]) => [
            name,
            JSON.stringify(value),
          ]),
        )
        for (const [name, written] of rowFieldsOf(topic, fields)) kept.set(name, written)
        for (const name of objectFieldsOf(topic)) {
          const object = new Map(membersOf(fields.get(name)!)).set('balance', nextNumber())
          fields.set(name, objectOf(object))
          nested.push([name, object.get('balance')!])
        }
        for (const name of derivedFieldsOf(topic)) fields.set(name, nextNumber())
        for (const [name, written] of kept) fields.set(name, written)
        return { eventId, text: write(fields, topic), kept, nested }
      }),
    ),
  )
}

const sentTo = new Map(routed.map(topic => [topic.name, eventsOf(topic)]))

const keys = temporaryDirectory('exact-numbers-keys')
const keysFile = path.join(keys, 'keys.json')
// One for both: the ids of events without one are made of the key.
let key: string
beforeAll(async () => {
  const topics = routed.map(({ name }) => name)
  key = (await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })).key
})

describe.each(lakeFormats)('numbers of events, with the lake in %s', format => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'exact-numbers-'))
  let platform: Platform
  let all: AllInOne
  /** The id under which each was stored. */
  const storedAs = new Map<string, string>()

  beforeAll(async () => {
    platform = await openEmbeddedPlatform(directory, { clock, logger })
    await ensurePlatform(platform, catalog)
    all = createAllInOne({
      ...{ catalog, platform, clock, logger },
      gateway: { host: '127.0.0.1', port: 0, keysFile },
      spoolDirectory: path.join(directory, 'spool'),
      lakeFormat: format,
      archiveAfterMs: 200,
    })
    await all.start()
    for (const { name, route } of routed)
      for (const { text, eventId } of sentTo.get(name)!) {
        const response = await fetch(`${all.gatewayUrl}${route!.path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': eventId },
          body: `[${text}]`,
        })
        const answer = (await response.json()) as { results: readonly { eventId: string }[] }
        expect(response.status, `${text}: ${JSON.stringify(answer)}`).toBe(200)
        storedAs.set(eventId, answer.results[0]!.eventId)
      }
    await untilCaughtUp(platform.log, all.groups, { clock, stallMs: 60_000, onLag: () => {} })
  })
  afterAll(async () => {
    await all?.stop()
    await platform?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function recordsOf({ name }: Topic): Promise<LogRecord[]> {
    const found: LogRecord[] = []
    for (const { partition, earliest, end } of await platform.log.range(name))
      for await (const records of platform.log.read(name, partition, earliest, end)) found.push(...records)
    return found
  }

  /** The members of what a topic holds, by event id. */
  async function storedIn(topic: Topic): Promise<Map<string, Map<string, string>>> {
    const texts = (await recordsOf(topic)).map(({ value }) => membersOf(value.toString()))
    return new Map(texts.map(members => [JSON.parse(members.get('eventId')!) as string, members]))
  }

  it.each(routed.map(topic => [topic.name, topic] as const))(
    '%s has every digit, and so has what is made of each event',
    async (name, topic) => {
      // Some topics tell something else of each event than its own fields.
      const copies = catalog
        .derivedOf(name)
        .filter(
          ({ derivedFrom, schema }) =>
            derivedFrom?.relation === 'each' && Object.keys(topic.schema.shape).every(field => field in schema.shape),
        )
      for (const stored of [topic, ...copies]) {
        const found = await storedIn(stored)
        for (const { eventId, text, kept, nested } of sentTo.get(name)!) {
          const members = found.get(storedAs.get(eventId)!)
          for (const [field, written] of kept)
            expect(members?.get(field), `${stored.name}: ${field} of ${text}`).toBe(written)
          for (const [field, written] of nested)
            expect(membersOf(members?.get(field) ?? '{}').get('balance'), `${stored.name}: ${field} of ${text}`).toBe(
              written,
            )
        }
      }
    },
  )

  it.each(catalog.topics.filter(({ lake }) => lake).map(topic => [topic.name, topic] as const))(
    '%s is in the lake as it is in the log',
    async (name, topic) => {
      const expected = new Map(
        (await recordsOf(topic)).map(({ partition, offset, value }) => [
          `${partition}/${offset}`,
          canonicalJson(topic, parseExact(value) as object),
        ]),
      )
      const found = new Map<string, string>()
      for (const { partition } of await platform.log.range(name))
        for await (const { files } of readManifests(platform.lake, name, partition))
          for (const file of files)
            for await (const rows of readDataFile(platform.lake, file, { directory }))
              for (const { offset, event } of rows) found.set(`${partition}/${offset}`, canonicalJson(topic, event))
      expect(found).toEqual(expected)
    },
  )

  it('are compared, and none is different', async () => {
    const workDirectory = mkdtempSync(path.join(directory, 'work-'))
    const report = await reconcileOnce({
      ...{ ...platform, catalog, clock, workDirectory, deadlineMs: 60_000 },
      onWait: () => {},
    })
    expect(report).toMatchObject({ ok: true, examples: [] })
    digests.add(report.digest!)
  })
})

const digests = new Set<string>()

describe('the digest', () => {
  it('is one for every format of the lake', () => expect(digests.size).toBe(1))
})

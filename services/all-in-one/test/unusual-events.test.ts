import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { numberText } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createKey } from '@millrace/ingest-gateway'
import { readDataFile, readManifests } from '@millrace/lake'
import { createLogger, systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AllInOne, createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { ensurePlatform, openEmbeddedPlatform, type Platform } from '../src/platform.ts'

const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
const directory = mkdtempSync(path.join(os.tmpdir(), 'unusual-events-'))
const START =
  '"datetime":"2024-03-24T11:25:29.845Z","method":"/move","ingametime":"0:0","ip":"192.0.2.1","y":2,"deathCount":0,"id":"1","inputkey":"b","account":"someone","status":0'

/** Rest of an event of lol.raw, and what the lake has of it in both topics, numbers as they are written. */
const cases: readonly (readonly [name: string, rest: string, kept: Readonly<Record<string, unknown>>])[] = [
  [
    'a long number in an object',
    '"x":1,"champion":"vex","order":{"id":9007199254740993}',
    { order: { id: '9007199254740993' } },
  ],
  [
    'a long number beside a field with the name of a derived column',
    '"x":1,"champion":"Vex","big":9007199254740993,"speed":1',
    { big: '9007199254740993' },
  ],
  [
    'a long number beside a champion with an escape',
    '"x":1,"champion":"\\u0076ex","big":9007199254740993',
    { big: '9007199254740993' },
  ],
  ['a long decimal', '"x":1,"champion":"Vex","balance":123456789.123456789', { balance: '123456789.123456789' }],
  [
    'decimals beyond a double',
    '"x":1,"champion":"Vex","balance":0.1234567890123456789,"tiny":1e-400,"zero":-0',
    { balance: '0.1234567890123456789', tiny: '1e-400', zero: '-0' },
  ],
  ['a long number as a text', '"x":"9007199254740993","champion":"Vex"', { x: '9007199254740993' }],
  [
    'nulls of optional fields',
    '"x":1,"champion":"Vex","roomID":null,"createRoomDate":null',
    { roomID: undefined, createRoomDate: undefined },
  ],
  ['a null of an unknown field', '"x":1,"champion":"Vex","note":null', { note: null }],
]
const ids = ['with an event id', 'without an event id'] as const

let platform: Platform
let all: AllInOne
/** By case: the ids under which it was stored. */
const stored = new Map<string, string[]>()

beforeAll(async () => {
  platform = await openEmbeddedPlatform(directory, { clock, logger })
  await ensurePlatform(platform, catalog)
  const keysFile = path.join(directory, 'keys.json')
  const topics = [lol.topics.raw.name]
  const { key } = await createKey(keysFile, { name: 'test', topics, quota: {} }, { topics })
  all = createAllInOne({
    ...{ catalog, platform, clock, logger },
    gateway: { host: '127.0.0.1', port: 0, keysFile },
    spoolDirectory: path.join(directory, 'spool'),
    lakeFormat: 'parquet',
    archiveAfterMs: 200,
  })
  await all.start()
  for (const [index, [name, rest]] of cases.entries())
    for (const [turn, id] of ids.entries()) {
      const eventId = `00000000-0000-4000-8000-${String(index * 2 + turn).padStart(12, '0')}`
      const response = await fetch(`${all.gatewayUrl}${lol.topics.raw.route!.path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: `{${id === 'with an event id' ? `"eventId":"${eventId}",` : ''}${START},${rest}}`,
      })
      const answer = (await response.json()) as { results: readonly { eventId: string }[] }
      expect(response.status, JSON.stringify(answer)).toBe(200)
      stored.set(name, [...(stored.get(name) ?? []), answer.results[0]!.eventId])
    }
  await untilCaughtUp(platform.log, all.groups, { clock, stallMs: 60_000, onLag: () => {} })
})
afterAll(async () => {
  await all?.stop()
  await platform?.close()
  rmSync(directory, { recursive: true, force: true })
})

/** The events of a topic in the lake, by id. */
async function archived(topic: string): Promise<Map<unknown, Record<string, unknown>>> {
  const found = new Map<unknown, Record<string, unknown>>()
  for (const { partition } of await platform.log.range(topic))
    for await (const { files } of readManifests(platform.lake, topic, partition))
      for (const file of files)
        for await (const rows of readDataFile(platform.lake, file, { directory }))
          for (const { event } of rows) found.set(event.eventId, event)
  return found
}

/** A value with its numbers as texts, all their digits included. */
const withTexts = (value: unknown): unknown => {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null) return value
  return numberText(value) ?? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withTexts(field)]))
}

it.each(cases)('%s is in raw and curated events as it was sent', async (name, _, kept) => {
  for (const topic of [lol.topics.raw, lol.topics.curated]) {
    const found = await archived(topic.name)
    for (const id of stored.get(name)!) {
      const event = found.get(id)
      expect(event, `${topic.name} ${id}`).toBeDefined()
      for (const [field, value] of Object.entries(kept))
        expect(withTexts(event![field]), `${topic.name} ${field}`).toEqual(value)
    }
  }
})

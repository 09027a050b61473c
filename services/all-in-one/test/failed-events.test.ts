import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { catalog } from '@millrace/domains/contracts'
import { createKey } from '@millrace/ingest-gateway'
import { reconcile } from '@millrace/reconciler'
import { type Clock, createLogger, systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AllInOne, createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { runCli } from '../src/cli/program.ts'
import { ensurePlatform, openEmbeddedPlatform, type Platform } from '../src/platform.ts'
import { captureTerminal } from './captured-terminal.ts'

const HOUR_MS = 3_600_000
const TOPICS = [...catalog.routes.values()].map(({ name }) => name)
const logger = createLogger('test', { level: 'silent' })
const directory = mkdtempSync(path.join(os.tmpdir(), 'failed-events-'))
const at = (name: string): string => path.join(directory, name)

/** The time goes on by itself, and leaps when a test says so. */
let leapMs = 0
const clock: Clock = { now: () => systemClock.now() + leapMs, sleep: systemClock.sleep }
let platform: Platform
let all: AllInOne
let key: string

beforeAll(async () => {
  platform = await openEmbeddedPlatform(directory, { clock, logger })
  await ensurePlatform(platform, catalog)
  const keysFile = at('keys.json')
  key = (await createKey(keysFile, { name: 'test', topics: TOPICS, quota: {} }, { topics: TOPICS })).key
  all = createAllInOne({
    catalog,
    platform,
    clock,
    logger,
    gateway: { host: '127.0.0.1', port: 0, keysFile },
    spoolDirectory: at('spool'),
    lakeFormat: 'ndjson.zst',
    archiveAfterMs: 200,
  })
  await all.start()
})
afterAll(async () => {
  await all?.stop()
  await platform?.close()
  rmSync(directory, { recursive: true, force: true })
})

async function millrace(...args: string[]) {
  const terminal = captureTerminal()
  const signal = new AbortController().signal
  const code = await runCli(args, { terminal, stdin: Readable.from([]), signal, environment: {}, clock })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n'), lines: terminal.printed }
}
const failed = (...args: string[]) => millrace('failed', ...args, '--data', directory)
const replay = (file: string) =>
  millrace('failed', 'replay', file, '--url', all.gatewayUrl, '--api-key', key, '--ledger', at('ledger'), '--json')

async function post(body: string | Buffer, contentType = 'application/json') {
  const response = await fetch(`${all.gatewayUrl}/v1/events/lol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': contentType },
    body,
  })
  return { status: response.status, json: await response.json() }
}

const settled = (): Promise<void> =>
  untilCaughtUp(platform.log, all.groups, { clock, stallMs: 60_000, onLag: () => {} })

async function reconciled() {
  await settled()
  return reconcile({
    catalog,
    log: platform.log,
    lake: platform.lake,
    mart: platform.mart,
    clock,
    ledger: at('ledger'),
    workDirectory: at('reconcile'),
  })
}

/** Values and positions of the records of a topic with this event id. */
async function stored(topic: string, eventId: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for (const { partition, earliest, end } of await platform.log.range(topic))
    for await (const records of platform.log.read(topic, partition, earliest, end))
      for (const { value } of records)
        if (value.includes(eventId)) found.push(JSON.parse(value.toString('latin1')) as Record<string, unknown>)
  return found
}

async function martRows(eventId: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const page of platform.mart.scan(catalog.table('lol_analysis'), [
    'event_id',
    'x',
    'death_count',
    'account',
  ]))
    rows.push(...page.filter(row => row.event_id === eventId))
  return rows
}

/** Writes to lol.raw past the gateway; the position of the record. */
async function append(recordKey: string, text: string): Promise<string> {
  const producer = await platform.log.producer({ clientId: 'foreign' })
  const record = { key: Buffer.from(recordKey), value: Buffer.from(text), timestampMs: clock.now() }
  const [appended] = await producer.append('lol.raw', [record], { deadlineMs: 60_000 })
  await producer.close()
  if (!appended?.ok) throw new Error('not appended')
  return `lol.raw:${appended.partition}:${appended.offset}`
}

type Line = { id: string; record?: Record<string, unknown>; text?: string; base64?: string } & Record<string, unknown>
const readLines = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
const writeLines = (file: string, lines: readonly Line[]): void =>
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))

const event = (more: Record<string, unknown>) => ({
  datetime: '2024-03-24T11:25:29.845Z',
  method: '/move',
  ingametime: '0:0',
  ip: '192.168.0.50',
  x: 277,
  y: -351,
  deathCount: 0,
  id: 'b405fd3c',
  inputkey: 'b',
  account: 'testAccount_56',
  champion: 'Vex',
  status: 0,
  ...more,
})
const id = (digit: number): string => '00000000-0000-4000-8000-000000000000'.replaceAll('0', String(digit))

describe('records that the gateway refused', () => {
  const withId = event({ eventId: id(1), x: 'far' })
  const withoutId = event({ account: 'other', y: 'deep', unknown: 'kept', long: '@', when: '2024' })
  // Neither a double nor JSON.parse can hold this one.
  const withoutIdText = JSON.stringify(withoutId).replace('"@"', '12345678901234567890')
  const cut = JSON.stringify(event({ eventId: id(2) })).slice(0, -20)
  const latin1 = Buffer.from(JSON.stringify(event({ eventId: id(3), account: 'José' })), 'latin1')
  const file = at('refused.ndjson')

  it('are answered with 422 and 207, and listed with what is wrong, newest first, while the gateway runs', async () => {
    expect((await post(JSON.stringify(withId))).status).toBe(422)
    const batch = Buffer.concat([
      Buffer.from(`${withoutIdText}\n${JSON.stringify(event({ eventId: id(4) }))}\n${cut}\n`),
      latin1,
    ])
    const mixed = await post(batch, 'application/x-ndjson')
    expect(mixed).toMatchObject({ status: 207, json: { accepted: 1, failed: 3 } })
    const { code, out, err } = await failed('list')
    expect(code).toBe(0)
    expect(err).toContain('4 of 4 failed events')
    expect(out).toMatch(/ingest +invalid_field +\/y +lol\.raw[\s\S]*ingest +invalid_field +\/x +lol\.raw/)
    expect(out).toMatch(/code +count[\s\S]*invalid_field +2[\s\S]*not_json +1/)
    expect((await failed('list', '--code', 'not_json')).err).toContain('1 of 1 failed events')
    expect((await failed('list', '--code', 'invalid_feild')).err).toContain('Did you mean invalid_field?')
    expect((await failed('list', '--stage', 'sink')).err).toContain('0 of 0 failed events')
    expect((await failed('list', '--since', '1h', '--limit', '1')).err).toContain('1 of 4 failed events')
    expect((await failed('list', '--since', '2999-01-01T00:00:00Z')).err).toContain('0 of 0 failed events')
  })

  it('are shown whole: as text, or as hexadecimal where they are no text', async () => {
    const { lines } = await failed('list', '--json')
    const events = lines.map(line => JSON.parse(line))
    const far = events.find(({ path: field }) => field === '/x')
    const shown = await failed('show', far.eventId.slice(0, 13))
    expect(shown.out).toContain('Field /x: got the string "far", expected a number.')
    expect(shown.out).toContain(JSON.stringify(withId))
    const bytes = events.find(({ code }) => code === 'invalid_utf8')
    const dumped = await failed('show', bytes.eventId)
    expect(dumped.out).toContain('not UTF-8, so here in hexadecimal')
    expect(dumped.out).toMatch(/4a 6f 73 e9 22/)
    expect(JSON.parse((await failed('show', bytes.eventId, '--json')).out).base64).toBe(latin1.toString('base64'))
    const unknown = await failed('show', 'nothing')
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('No failed event "nothing"') })
    expect((await failed('show', '')).err).toContain('is the beginning of 4 ids')
  })

  it('are exported byte for byte, for their owner only, and never over a file that is there', async () => {
    expect((await failed('export', file)).code).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(`"record":${JSON.stringify(withId)}}`)
    expect(text).toContain(`"record":${withoutIdText}}`)
    const lines = readLines(file)
    expect(lines.find(line => line.text)?.text).toBe(cut)
    expect(Buffer.from(lines.find(line => line.base64)!.base64!, 'base64')).toEqual(latin1)
    for (const line of lines) expect(line).toMatchObject({ topic: 'lol.raw', failures: [{ stage: 'ingest' }] })
    const again = await failed('export', file)
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is there already') })
    const standardOutput = await failed('export', '-', '--limit', '1')
    expect(standardOutput.lines).toHaveLength(1)
  })

  it('are corrected and replayed: stored once each, however often the file is sent, and refused lines stay refused', async () => {
    const corrected = readFileSync(file, 'utf8')
      .replace('"x":"far"', '"x":5')
      .replace('"y":"deep"', '"y":6')
      .split('\n')
      .map(line => {
        if (!line.includes('"text":') && !line.includes('"base64":')) return line
        const { text, base64, ...rest } = JSON.parse(line)
        // The text is left as it is.
        if (text) return line
        return JSON.stringify({ ...rest, record: JSON.parse(Buffer.from(base64, 'base64').toString('latin1')) })
      })
      .join('\n')
    writeFileSync(file, corrected)
    const first = await replay(file)
    const outcomes = first.lines.map(line => JSON.parse(line))
    expect(first.code).toBe(3)
    expect(first.err).toContain('3 accepted, 0 refused, 1 held back')
    expect(outcomes.find(({ outcome }) => outcome === 'held')).toMatchObject({ code: 'not_corrected' })
    const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted').map(({ eventId }) => eventId)
    expect(accepted).toEqual(expect.arrayContaining([id(1), id(3)]))
    const made = accepted.find(eventId => eventId !== id(1) && eventId !== id(3))

    const again = await replay(file)
    expect(again.lines).toEqual(first.lines)
    await settled()
    for (const eventId of accepted) {
      expect(await stored('lol.raw', eventId)).toHaveLength(2)
      expect(await martRows(eventId)).toHaveLength(1)
    }
    const [raw] = await stored('lol.raw', made)
    expect(raw).toMatchObject({ account: 'other', y: 6, unknown: 'kept' })
    expect(await rawText(made)).toContain('"long":12345678901234567890')
    expect(await martRows(id(3))).toMatchObject([{ account: 'José' }])

    const report = await reconciled()
    expect(report.examples).toEqual([])
    expect(report.topics['lol.raw']).toMatchObject({
      accepted: 3,
      log: 4,
      mart: 4,
      repeats: 3,
      missing: 0,
      duplicate: 0,
    })
    expect(report.ok).toBe(true)
  })

  it('are refused again, and kept again, while they are not corrected', async () => {
    const second = at('again.ndjson')
    writeLines(second, [{ id: 'mine', topic: 'lol.raw', record: event({ eventId: id(5), method: '/fly' }) }])
    const { code, lines } = await replay(second)
    expect(code).toBe(3)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      outcome: 'refused',
      code: 'invalid_field',
      message: expect.stringContaining('/method'),
    })
    const kept = (await failed('list', '--json', '--limit', '1')).lines.map(line => JSON.parse(line))
    expect(kept).toMatchObject([{ code: 'invalid_field', path: '/method', sourceEventId: id(5) }])
  })

  async function rawText(eventId: string): Promise<string> {
    for (const { partition, earliest, end } of await platform.log.range('lol.raw'))
      for await (const records of platform.log.read('lol.raw', partition, earliest, end))
        for (const { value } of records) if (value.includes(eventId)) return value.toString()
    return ''
  }
})

describe('records that failed behind the gateway', () => {
  it('are replayed as the event that they were derived from, once its id is forgotten, and end in the mart', async () => {
    // More deaths than the mart's column holds: the gateway refuses it, a sender that goes past the gateway does not.
    await append('testAccount_56', JSON.stringify(event({ eventId: id(6), deathCount: 3e9 })))
    await settled()
    const listed = await failed('list', '--sink', 'mart')
    expect(listed.out).toMatch(/sink mart +unfit_value +\/deathCount +lol\.curated/)
    const file = at('mart.ndjson')
    await failed('export', file, '--sink', 'mart')
    const [line] = readLines(file)
    expect(line).toMatchObject({
      id: expect.stringMatching(/^lol\.raw:\d+:\d+$/),
      topic: 'lol.raw',
      record: { eventId: id(6), deathCount: 3e9 },
      failures: [{ stage: 'sink', sink: 'mart', topic: 'lol.curated' }],
    })
    expect(line!.record).not.toHaveProperty('roomDay')
    line!.record!.deathCount = 3
    writeLines(file, [line!])

    const early = await replay(file)
    expect(early.code).toBe(3)
    expect(JSON.parse(early.lines[0]!)).toMatchObject({ outcome: 'held', code: 'not_yet' })
    // Who insists is told nothing wrong: the curator drops the id as a retry.
    const { notBefore, ...insisting } = line!
    writeLines(at('insisting.ndjson'), [insisting as Line])
    expect((await replay(at('insisting.ndjson'))).code).toBe(0)
    await settled()
    expect(await martRows(id(6))).toEqual([])
    expect(await reconciled()).toMatchObject({ ok: true, examples: [] })

    leapMs += 2 * HOUR_MS
    expect((await replay(file)).code).toBe(0)
    await settled()
    expect(await martRows(id(6))).toMatchObject([{ death_count: 3 }])
    expect(await reconciled()).toMatchObject({
      ok: true,
      examples: [],
      topics: { 'lol.raw': { missing: 0, duplicate: 0 }, 'lol.curated': { missing: 0, duplicate: 0, repeats: 1 } },
    })
    expect(String(notBefore)).toMatch(/^\d{4}-/)
  })

  it('are one line each, whatever the number of stages that could not accept them', async () => {
    const position = await append('k', 'this is no JSON\nat all')
    await settled()
    const file = at('foreign.ndjson')
    await failed('export', file, '--topic', 'lol.raw', '--since', '10m')
    const lines = readLines(file).filter(line => line.id.startsWith('lol.raw'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ id: position, key: 'k', text: 'this is no JSON\nat all' })
    const services = (lines[0]!.failures as { service: string }[]).map(({ service }) => service)
    expect(services.sort()).toEqual(['anomaly-scorer', 'curator', 'lake-archiver'])
    expect(lines[0]).not.toHaveProperty('notBefore')

    const { text: _, ...rest } = lines[0]!
    writeLines(file, [{ ...rest, record: event({ account: 'k' }) } as Line])
    const first = await replay(file)
    expect(first.code).toBe(0)
    expect((await replay(file)).lines).toEqual(first.lines)
    await settled()
    expect(await martRows(JSON.parse(first.lines[0]!).eventId)).toHaveLength(1)
    const report = await reconciled()
    expect(report.examples).toEqual([])
    expect(report.ok).toBe(true)
  })

  it('say so when the event behind them is gone', async () => {
    const producer = await platform.log.producer({ clientId: 'test' })
    const gone = {
      eventId: 'lol.scores:0:77:mart',
      datetime: new Date(clock.now()).toISOString(),
      service: 'mart-writer',
      stage: 'sink',
      sink: 'mart',
      code: 'unfit_value',
      message: 'none \u001b[2J',
      path: null,
      domain: 'lol',
      topic: 'lol.scores',
      partition: 0,
      offset: 77,
      sourceEventId: `${id(9)}:score`,
      key: Buffer.from('k').toString('base64'),
      payload: Buffer.from(JSON.stringify({ eventId: `${id(9)}:score`, sourceEventId: id(9) })).toString('base64'),
    }
    const records = [JSON.stringify(gone), 'no failed event'].map(text => ({
      key: Buffer.from(gone.eventId),
      value: Buffer.from(text),
      timestampMs: clock.now(),
    }))
    // The first one twice, as after a crash between publishing and committing.
    await producer.append('failed-events', [records[0]!, ...records], { deadlineMs: 60_000 })
    await producer.close()
    const listed = await failed('list', '--topic', 'lol.scores')
    expect(listed.err).toContain('1 of 1 failed events')
    expect(listed.err).toMatch(/Passed over partition \d, offset \d+ of failed-events: it is not JSON/)
    const shown = await failed('show', gone.eventId)
    expect(shown.out).toContain('none \\u001b[2J')
    const file = at('gone.ndjson')
    await failed('export', file, '--topic', 'lol.scores')
    const { code, lines } = await replay(file)
    expect(code).toBe(3)
    expect(JSON.parse(lines[0]!)).toMatchObject({ outcome: 'held', code: 'not_for_clients', topic: 'lol.scores' })
  })
})

describe('the other looks into the stores', () => {
  it('work while the gateway runs', async () => {
    expect(await millrace('alerts', '--data', directory)).toMatchObject({
      code: 0,
      err: expect.stringContaining('of 0 alerts'),
    })
    const topics = await millrace('topics', 'list', '--data', directory)
    expect(topics).toMatchObject({ code: 0, out: expect.stringMatching(/lol\.raw +account +6 +\d+/) })
    const locked = await millrace('reconcile', '--data', directory)
    expect(locked).toMatchObject({ code: 1, err: expect.stringContaining('is in use by process') })
  })
})

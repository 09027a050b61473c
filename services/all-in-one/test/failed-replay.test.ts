import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { type Clock, systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('replay')
let closeGateway: (() => Promise<void>) | undefined
afterEach(async () => {
  await closeGateway?.()
  closeGateway = undefined
})

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: unknown
}
interface Request {
  readonly path: string
  readonly records: { eventId: string }[]
}

/** A gateway that answers each request as the test says, else takes everything. */
async function startGateway(answer: (request: Request, number: number) => Answer | undefined) {
  const requests: Request[] = []
  const server = createServer(async (incoming: IncomingMessage, outgoing) => {
    let text = ''
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk
    const request = {
      path: incoming.url ?? '',
      records: text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    }
    requests.push(request)
    const all = { status: 200, body: { accepted: request.records.length, failed: 0, results: [] } }
    const { status, headers = {}, body = {} }: Answer = answer(request, requests.length - 1) ?? all
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closeGateway = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(() => resolve()))
  }
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function replay(lines: readonly unknown[], url: string, ...more: string[]) {
  const file = path.join(directory, 'corrected.ndjson')
  writeFileSync(file, lines.map(line => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  const terminal = captureTerminal()
  const code = await runCli(['failed', 'replay', file, '--url', url, '--api-key', 'mr_test', '--json', ...more], {
    terminal,
    stdin: Readable.from([]),
    signal: new AbortController().signal,
    environment: {},
    clock: systemClock,
  })
  return { code, outcomes: terminal.printed.map(line => JSON.parse(line)), err: terminal.said.join('\n') }
}

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const line = (n: number, more: object = {}) => ({
  id: `failed-${n}`,
  topic: 'lol.raw',
  record: { eventId: uuid(n), account: `a${n}` },
  ...more,
})

describe('a replay', () => {
  it('sends again what the gateway does not take yet, the same bytes, and ends when it is taken', async () => {
    const { requests, url } = await startGateway((_, number) =>
      number === 0
        ? { status: 503, headers: { 'retry-after': '1' } }
        : number === 1
          ? { status: 429, headers: { 'retry-after': '1' } }
          : undefined,
    )
    const startedMs = systemClock.now()
    const { code, outcomes } = await replay([line(1)], url)
    expect(code).toBe(0)
    expect(outcomes).toMatchObject([{ line: 1, id: 'failed-1', eventId: uuid(1), outcome: 'accepted' }])
    expect(requests).toHaveLength(3)
    expect(new Set(requests.map(({ records }) => JSON.stringify(records))).size).toBe(1)
    expect(systemClock.now() - startedMs).toBeGreaterThanOrEqual(1900)
  })

  it('gives up after the retry timeout, says that nothing is known, and exits 1', async () => {
    const { url } = await startGateway(() => ({ status: 503, body: { detail: 'The event log cannot be reached.' } }))
    const { code, outcomes, err } = await replay([line(1), line(2)], url, '--retry-timeout', '300ms')
    expect(code).toBe(1)
    expect(outcomes).toMatchObject([{ outcome: 'open' }, { outcome: 'open' }])
    expect(err).toMatch(/took nothing for \d+ s: The event log cannot be reached\. Start it, or check its address/)
  })

  it('tells of each record what became of it, in the order of the lines, and notes in a ledger what was accepted', async () => {
    const { url } = await startGateway(({ records }) => {
      const bad = records.findIndex(({ eventId }) => eventId === uuid(2))
      if (bad < 0) return undefined
      const problem = { code: 'invalid_field', detail: 'Field /x: got nothing, expected a number.' }
      if (records.length === 1) return { status: 422, body: problem }
      return {
        status: 207,
        body: { accepted: records.length - 1, failed: 1, results: [{ index: bad, status: 422, problem }] },
      }
    })
    const ledger = path.join(directory, 'ledger')
    const { code, outcomes, err } = await replay(
      [line(1), line(2), line(3, { record: undefined, text: 'no JSON' }), '', line(4)],
      url,
      '--ledger',
      ledger,
    )
    expect(code).toBe(3)
    expect(outcomes.map(({ line: number, outcome, code: why }) => [number, outcome, why])).toEqual([
      [1, 'accepted', null],
      [2, 'refused', 'invalid_field'],
      [3, 'held', 'not_corrected'],
      [5, 'accepted', null],
    ])
    expect(err).toContain('2 accepted, 1 refused, 1 held back, 0 left open')
    const files = readdirSync(path.join(ledger, 'lol.raw'))
    expect(files.map(name => readFileSync(path.join(ledger, 'lol.raw', name), 'utf8')).join('')).toBe(
      `${uuid(1)}\n${uuid(4)}\n`,
    )
  })

  it('goes on with the other topics when the key may not write one of them', async () => {
    const { url } = await startGateway(({ path: where }) =>
      where.endsWith('/truth') ? { status: 403, body: { detail: 'The key may not write lol.truth.' } } : undefined,
    )
    const { code, outcomes, err } = await replay([line(1, { topic: 'lol.truth' }), line(2)], url)
    expect(code).toBe(1)
    expect(outcomes).toMatchObject([
      { topic: 'lol.truth', outcome: 'open', code: 'gateway_refused' },
      { topic: 'lol.raw', outcome: 'accepted' },
    ])
    expect(err).toContain('Use a key that allows lol.truth')
  })

  it('gives a record without an id one that depends on the record and on nothing else', async () => {
    const { requests, url } = await startGateway(() => undefined)
    const without = (n: number, x: number) => line(n, { record: { account: 'a', x } })
    await replay([without(1, 1), without(1, 2), without(2, 1)], url)
    const ids = requests.flatMap(({ records }) => records.map(({ eventId }) => eventId))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(3)
    // In another order, with another note beside it, written by another tool.
    await replay(['{ "record": { "account": "a", "x": 1 }, "topic": "lol.raw", "why": "x", "id": "failed-2" }'], url)
    expect(requests.at(-1)!.records[0]!.eventId).toBe(ids[2])
  })

  it('keeps numbers as they are written, whatever JavaScript makes of them', async () => {
    const seen: string[] = []
    const server = createServer(async (incoming, outgoing) => {
      let text = ''
      for await (const chunk of incoming.setEncoding('utf8')) text += chunk
      seen.push(text.trim())
      outgoing.end('{"accepted":1,"failed":0,"results":[]}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    closeGateway = () => new Promise(resolve => server.close(() => resolve()))
    const record = `{"eventId":"${uuid(1)}","account":"a","long":12345678901234567890,"x":1.0,"huge":1e400}`
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await replay([`{"id":"1","topic":"lol.raw","record":${record}}`], url)
    expect(seen).toEqual([record])
  })

  it('sends nothing at all when a line was broken by an editor, and says which and why', async () => {
    const { requests, url } = await startGateway(() => undefined)
    const { code, err } = await replay(
      [
        line(1),
        '{"id":"1","topic":"lol.raw","record":{',
        '[]',
        line(2, { id: undefined }),
        line(3, { topic: 'lol.row' }),
        line(4, { text: 'too' }),
        line(5, { record: undefined }),
        line(6, { record: undefined, text: {} }),
        line(7, { notBefore: 'soon' }),
        line(8, { topic: 'failed-events' }),
      ],
      url,
    )
    expect(code).toBe(2)
    expect(requests).toEqual([])
    const says = [
      /line 2: expected a JSON object, but it is not JSON/,
      /line 3: expected a JSON object, but it is JSON, but not an object/,
      /line 4: "id" is missing: expected the id that the export gave/,
      /line 5: "topic" is "lol\.row": expected lol\.raw perhaps, or one of lol\.raw, lol\.truth/,
      /line 6: it has record and text of "record", "text" and "base64": expected exactly one/,
      /line 7: it has none of "record", "text" and "base64": expected exactly one/,
      /line 8: "text" is \{\}: expected a text; an object goes under "record"/,
      /line 9: "notBefore" is "soon": expected an instant/,
      /line 10: "topic" is "failed-events": expected one of/,
      /Nothing was sent\.$/,
    ]
    for (const what of says) expect(err).toMatch(what)
  })

  it('holds back what is no object, not UTF-8, too deep, or for a time to come', async () => {
    const { requests, url } = await startGateway(() => undefined)
    const content = (more: object) => line(1, { record: undefined, ...more })
    const { outcomes } = await replay(
      [
        content({ record: [1] }),
        content({ record: 1 }),
        content({ text: '[]' }),
        content({ base64: Buffer.from([0xff, 0xfe]).toString('base64') }),
        content({ text: `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }),
        line(1, { notBefore: '2999-01-01T00:00:00.000Z' }),
        line(1, { topic: 'lol.curated' }),
      ],
      url,
    )
    expect(outcomes.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringContaining('not_corrected: the record is not an object'),
      expect.stringContaining('not_corrected: the record is not an object'),
      expect.stringContaining('not_corrected: it is JSON, but not an object'),
      expect.stringContaining('not_corrected: its bytes are not UTF-8'),
      expect.stringContaining('not_corrected: it is nested too deeply'),
      expect.stringContaining('not_yet: its event id is remembered'),
      expect.stringContaining('not_for_clients: lol.curated is made from lol.raw'),
    ])
    expect(requests).toEqual([])
  })

  it('takes text and base64 that were corrected in place', async () => {
    const { requests, url } = await startGateway(() => undefined)
    const text = JSON.stringify({ eventId: uuid(1), account: 'é' })
    const { code } = await replay(
      [
        { id: '1', topic: 'lol.raw', text: `\n${text}\n` },
        { id: '2', topic: 'lol.raw', base64: Buffer.from(text).toString('base64') },
      ],
      url,
    )
    expect(code).toBe(0)
    const sent = requests.flatMap(({ records }) => records)
    expect(sent).toEqual([JSON.parse(text), JSON.parse(text)])
  })
})

describe('failed replay of standard input', () => {
  /** Sleeps end after a hundredth of their time. */
  const fast: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) }

  function begin(stdin: Readable, url: string, { signal = new AbortController().signal, more = [] as string[] } = {}) {
    const terminal = captureTerminal()
    const done = runCli(['failed', 'replay', '-', '--url', url, '--api-key', 'mr_test', ...more], {
      ...{ terminal, stdin, signal, clock: fast },
      // As npm says it to a command that runs in another folder than the user's.
      environment: { INIT_CWD: directory },
    })
    return { terminal, done, err: () => terminal.said.join('\n') }
  }
  const said = (err: () => string, text: string) => vi.waitFor(() => expect(err()).toContain(text), 30_000)

  it('sends nothing before its end, however late that comes, and says meanwhile what it waits for', async () => {
    const { requests, url } = await startGateway(() => undefined)
    const stdin = new PassThrough()
    const { done, err } = begin(stdin, url)
    stdin.write(`${JSON.stringify(line(1))}\n`)
    await said(err, 'Waiting for the end of standard input')
    stdin.write(`${JSON.stringify(line(2))}\n`)
    expect(requests).toEqual([])
    stdin.end(JSON.stringify(line(3)))
    expect(await done).toBe(0)
    expect(requests.flatMap(({ records }) => records.map(({ eventId }) => eventId))).toEqual([1, 2, 3].map(uuid))
    expect(err().match(/Waiting for the end/g)).toHaveLength(1)
    expect(err()).toContain('3 accepted, 0 refused')
  })

  it.each([
    [
      'a line that is no record',
      ['{"id":"a"', JSON.stringify(line(1))],
      'Standard input, line 1: expected a JSON object',
    ],
    ['nothing', [], 'Standard input has no records: nothing was sent.'],
  ])('names it where it has %s, and sends nothing', async (_, lines, message) => {
    const { requests, url } = await startGateway(() => undefined)
    const { done, err } = begin(Readable.from(lines.map(text => `${text}\n`)), url)
    expect(await done).toBe(2)
    expect(err()).toContain(message)
    expect(requests).toEqual([])
  })

  it('names it where it cannot be read', async () => {
    const { done, err } = begin(createReadStream(directory), 'http://127.0.0.1:1')
    expect(await done).toBe(2)
    expect(err()).toBe('Cannot read standard input: that is a folder (EISDIR).')
  })

  it('ends when it is stopped before the end', async () => {
    const abort = new AbortController()
    const { done, err } = begin(new PassThrough(), 'http://127.0.0.1:1', { signal: abort.signal })
    await said(err, 'Waiting for the end of standard input')
    abort.abort()
    expect(await done).toBe(1)
    expect(err()).toContain('Stopped while waiting for the end of standard input')
  })

  it('says why a gateway takes nothing, at once and in the summary', async () => {
    const { done, err } = begin(Readable.from([JSON.stringify(line(1))]), 'http://127.0.0.1:1', {
      more: ['--retry-timeout', '1s'],
    })
    expect(await done).toBe(1)
    expect(err()).toMatch(/^gateway_not_taking: url "http:\/\/127\.0\.0\.1:1", reason ".*ECONNREFUSED/m)
    expect(err()).toMatch(/1 left open\.\n.*The last warning: gateway_not_taking: .*ECONNREFUSED/)
  })
})

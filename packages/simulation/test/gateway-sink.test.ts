import { type Clock, createLogger, Secret } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { createGatewaySink, type GatewaySinkOptions, mergeActors, type SimulatedRecord } from '../src/index.ts'
import { type GatewayAnswer, startFakeGateway } from './fake-gateway.ts'
import { createTicker, drain } from './ticker.ts'

/** A clock whose back-offs end at once and are written down; what watches over a request sleeps until its answer. */
function quickClock(): Clock & { readonly sleeps: number[] } {
  let nowMs = 0
  const sleeps: number[] = []
  return {
    sleeps,
    now: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      if (signal && signal !== never)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      sleeps.push(ms)
      nowMs += ms
    },
  }
}

const logger = createLogger('test', { level: 'silent' })
const never = new AbortController().signal
const records = (players: number, each = 30): SimulatedRecord[] =>
  drain(mergeActors(Array.from({ length: players }, (_, id) => createTicker(id, each))))
const ids = (list: readonly SimulatedRecord[]): string[] => list.map(record => record.eventId)
const sinkFor = (url: string, options: Partial<GatewaySinkOptions> = {}) => {
  const clock = quickClock()
  const sink = createGatewaySink({ url, apiKey: new Secret('mr_test_key'), clock, logger, ...options })
  return { sink, clock }
}
const problem = (status: number, results?: unknown): GatewayAnswer => ({
  status,
  body: { type: 'https://millrace.dev/problems/invalid-record', title: 'Invalid', detail: 'x is missing', results },
})

describe('the gateway sink', () => {
  it('posts NDJSON of one topic with key and preference, and answers for each record', async () => {
    await using gateway = await startFakeGateway()
    const { sink } = sinkFor(`${gateway.url}/base/`)
    const sent = records(8, 60)
    expect(await sink.write(sent, never)).toEqual(sent.map(() => null))
    await sink.close()
    expect([...gateway.stored].sort()).toEqual(ids(sent).sort())
    expect(new Set(gateway.requests.map(request => request.path))).toEqual(
      new Set(['/base/v1/events/lol', '/base/v1/events/lol/truth']),
    )
    const topicOf = new Map(sent.map(record => [record.eventId, record.topic]))
    for (const request of gateway.requests) {
      expect(request.headers.authorization).toBe('Bearer mr_test_key')
      expect(request.headers['content-type']).toBe('application/x-ndjson')
      expect(request.headers.prefer).toBe('return=minimal')
      const expected = request.path.endsWith('truth') ? 'lol.truth' : 'lol.raw'
      expect(request.ids.every(id => topicOf.get(id) === expected)).toBe(true)
    }
    const values = new Set(sent.map(record => record.value))
    const lines = gateway.requests.flatMap(request => request.bytes.toString().trimEnd().split('\n'))
    expect(lines.every(line => values.has(line))).toBe(true)
  })

  it('compresses when asked to', async () => {
    await using gateway = await startFakeGateway()
    const { sink } = sinkFor(gateway.url, { gzip: true })
    const sent = records(3)
    await sink.write(sent, never)
    await sink.close()
    expect(gateway.requests[0]!.headers['content-encoding']).toBe('gzip')
    expect([...gateway.stored].sort()).toEqual(ids(sent).sort())
  })

  it('keeps the order of every player over calls that overlap, one request per queue at a time', async () => {
    await using gateway = await startFakeGateway(async (_, number) => {
      // Later requests would overtake earlier ones if they could.
      await new Promise(resolve => setTimeout(resolve, number % 3 === 0 ? 12 : 1))
      return number % 5 === 1 ? { status: 503 } : undefined
    })
    const { sink } = sinkFor(gateway.url, { concurrency: 3, maxRecords: 7 })
    const sent = records(9)
    const writes = []
    for (let from = 0; from < sent.length; from += 40) writes.push(sink.write(sent.slice(from, from + 40), never))
    const results = (await Promise.all(writes)).flat()
    await sink.close()
    expect(results).toEqual(sent.map(() => null))
    expect(gateway.mostOpen()).toBe(3)
    const players = Map.groupBy(sent, record => record.key)
    for (const own of players.values()) {
      const wanted = new Set(ids(own))
      expect(gateway.stored.filter(id => wanted.has(id))).toEqual(ids(own))
    }
    expect(gateway.requests.every(request => request.ids.length <= 7)).toBe(true)
  })

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '3' } }, 3000],
    ['503', { status: 503, headers: { 'retry-after': '7' } }, 7000],
    ['503 with a date', { status: 503, headers: { 'retry-after': new Date(9000).toUTCString() } }, 9000],
    ['503 for a day', { status: 503, headers: { 'retry-after': '86400' } }, 60_000],
  ] as const)(
    'after %s waits as long as it is told, at most a minute, and sends the same bytes again',
    async (_, answer, waitMs) => {
      await using gateway = await startFakeGateway((_, number) => (number === 0 ? answer : undefined))
      const { sink, clock } = sinkFor(gateway.url, { concurrency: 1 })
      const sent = records(3)
      expect(await sink.write(sent, never)).toEqual(sent.map(() => null))
      await sink.close()
      expect(clock.sleeps).toEqual([waitMs])
      expect(gateway.requests.length).toBe(2)
      expect(gateway.requests[1]!.bytes.equals(gateway.requests[0]!.bytes)).toBe(true)
    },
  )

  it('sends again after a cut connection, waiting longer each time', async () => {
    await using gateway = await startFakeGateway((_, number) => (number < 4 ? 'cut' : undefined))
    const { sink, clock } = sinkFor(gateway.url, { concurrency: 1 })
    const sent = records(2)
    expect(await sink.write(sent, never)).toEqual(sent.map(() => null))
    await sink.close()
    expect(gateway.stored).toEqual(ids(sent))
    expect(clock.sleeps.length).toBe(4)
    clock.sleeps.forEach((ms, index) => {
      expect(ms).toBeGreaterThanOrEqual(50 * 2 ** index)
      expect(ms).toBeLessThanOrEqual(100 * 2 ** index)
    })
  })

  it('sends again when no answer comes in time', async () => {
    await using gateway = await startFakeGateway((_, number) => (number === 0 ? 'hang' : undefined))
    const { sink } = sinkFor(gateway.url, { concurrency: 1, requestTimeoutMs: 200 })
    const sent = records(1)
    expect(await sink.write(sent, never)).toEqual(sent.map(() => null))
    await sink.close()
    expect(gateway.requests.length).toBe(2)
  })

  it('takes a 207 record by record: refused ones stay refused, those that may pass are sent again alone', async () => {
    await using gateway = await startFakeGateway((request, number) => {
      if (number > 0) return undefined
      const results = [
        { index: 2, status: 422, problem: { type: 'about:blank', code: 'invalid_record', detail: 'x is missing' } },
        { index: 4, status: 503, problem: { title: 'Not stored' } },
      ]
      return { status: 207, body: { accepted: request.ids.length - 2, failed: 2, results } }
    })
    const { sink } = sinkFor(gateway.url, { concurrency: 1 })
    const sent = records(2).filter(record => record.topic === 'lol.raw')
    const results = await sink.write(sent, never)
    await sink.close()
    expect(results[2]).toEqual({ kind: 'refused', code: 'invalid_record', message: 'x is missing' })
    expect(results.filter(result => result !== null).length).toBe(1)
    expect(gateway.requests.map(request => request.ids.length)).toEqual([sent.length, 1])
    expect(gateway.requests[1]!.ids).toEqual([sent[4]!.eventId])
  })

  it('takes a refusal of every record from its list', async () => {
    await using gateway = await startFakeGateway(request =>
      problem(
        422,
        request.ids.map((_, index) => ({ index, status: 422, problem: { code: `c${index}`, detail: 'no' } })),
      ),
    )
    const { sink } = sinkFor(gateway.url, { concurrency: 1 })
    const results = await sink.write(records(1, 3), never)
    await sink.close()
    expect(results.map(result => result?.kind === 'refused' && result.code)).toEqual(['c0', 'c1', 'c2'])
    expect(gateway.requests.length).toBe(1)
  })

  it.each([400, 413, 422])(
    'finds the one record behind a bare %i, and neither loses its neighbours nor asks for ever',
    async status => {
      const sent = records(2).filter(record => record.topic === 'lol.raw')
      const poison = sent[17]!.eventId
      await using gateway = await startFakeGateway(request =>
        request.ids.includes(poison) ? problem(status) : undefined,
      )
      const { sink } = sinkFor(gateway.url, { concurrency: 1 })
      const results = await sink.write(sent, never)
      await sink.close()
      expect(results.filter(result => result !== null)).toEqual([
        { kind: 'refused', code: 'invalid-record', message: 'x is missing' },
      ])
      expect(results[17]).not.toBeNull()
      expect(gateway.stored).toEqual(ids(sent).filter(id => id !== poison))
      expect(gateway.requests.length).toBeLessThan(16)
    },
  )

  it.each([
    [401, /does not take lol.raw.*401.*not revoked/],
    [403, /Use a key that allows lol.raw/],
    [404, /address is that of the ingest gateway/],
  ])('stops at a %i with a sentence that helps, and sends nothing more', async (status, message) => {
    await using gateway = await startFakeGateway(() => problem(status))
    const { sink } = sinkFor(gateway.url, { concurrency: 1 })
    const sent = records(2)
    const results = await sink.write(sent, never)
    const later = await sink.write(sent, never)
    await sink.close()
    expect(gateway.requests.length).toBe(1)
    for (const result of [...results, ...later]) {
      expect(result?.kind).toBe('unanswered')
      if (result?.kind === 'unanswered') expect(result.error.message).toMatch(message)
    }
  })

  it('does not believe an answer that counts wrong', async () => {
    await using gateway = await startFakeGateway(() => ({ status: 200, body: { accepted: 3, failed: 0, results: [] } }))
    const { sink } = sinkFor(gateway.url, { concurrency: 1 })
    const results = await sink.write(records(1, 5), never)
    await sink.close()
    expect(results.every(result => result?.kind === 'unanswered')).toBe(true)
  })

  it('gives up when nothing was taken until the retry timeout', async () => {
    await using gateway = await startFakeGateway(() => ({ status: 503, headers: { 'retry-after': '5' } }))
    const { sink, clock } = sinkFor(gateway.url, { concurrency: 1, retryTimeoutMs: 60_000 })
    const [result] = await sink.write(records(1, 5), never)
    await sink.close()
    expect(clock.now()).toBeGreaterThan(50_000)
    expect(clock.now()).toBeLessThanOrEqual(60_000)
    if (result?.kind !== 'unanswered') throw new Error('was answered')
    expect(result.error.code).toBe('gateway_unavailable')
  })

  it('leaves a request that hangs when told to give up', async () => {
    const arrived = Promise.withResolvers<void>()
    await using gateway = await startFakeGateway(() => {
      arrived.resolve()
      return 'hang'
    })
    const { sink } = sinkFor(gateway.url)
    const giveUp = new AbortController()
    const writing = sink.write(records(1, 5), giveUp.signal)
    await arrived.promise
    giveUp.abort(new Error('stopped'))
    const results = await writing
    await sink.close()
    expect(results.every(result => result?.kind === 'unanswered' && result.error.code === 'given_up')).toBe(true)
  })
})

import { setImmediate as turn } from 'node:timers/promises'
import { createLogger, ManualClock, Secret, systemClock } from '@millrace/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createGatewaySink,
  createRun,
  type EventSink,
  mergeActors,
  Random,
  type RunOptions,
  type SimulatedRecord,
} from '../src/index.ts'
import { type GatewayAnswer, startFakeGateway } from './fake-gateway.ts'
import { createMemorySink } from './memory-sink.ts'
import { drain, START_MS } from './ticker.ts'

const logger = createLogger('test', { level: 'silent' })
const MINUTE_MS = 60_000
const BOUND_MS = MINUTE_MS
const TOPICS = ['lol.raw', 'lol.truth', 'antenna.raw'] as const

interface Density {
  readonly keys: number
  readonly records: number
  /** Longest time between two records of a key, ms. */
  readonly gapMs: number
  readonly topics: number
}

/** Records of `keys` keys, each at most `gapMs` apart. */
function recordsOf({ keys, records, gapMs, topics }: Density): SimulatedRecord[] {
  const random = new Random('density', keys, records, gapMs)
  const actor = (id: number) => {
    let sequence = 0
    const own = {
      id,
      nextMs: START_MS + random.int(0, gapMs),
      next(): SimulatedRecord {
        const atMs = own.nextMs
        const eventId = `${id}-${sequence}`
        const fields = { topic: TOPICS[sequence % topics]!, key: `key-${id}`, eventId, atMs, actor: id, fault: null }
        sequence++
        own.nextMs = sequence < records / keys ? atMs + random.int(0, gapMs) : Number.POSITIVE_INFINITY
        return { ...fields, sequence, value: JSON.stringify({ eventId }) }
      },
    }
    return own
  }
  return drain(mergeActors(Array.from({ length: keys }, (_, id) => actor(id))))
}

function runOf(records: readonly SimulatedRecord[], sink: EventSink, options: Partial<RunOptions> = {}) {
  let at = 0
  return createRun({
    name: 'test',
    stream: {
      get nextMs() {
        return records[at]?.atMs ?? Number.POSITIVE_INFINITY
      },
      next: () => records[at++]!,
    },
    span: { startMs: records[0]!.atMs, endMs: records.at(-1)!.atMs },
    speed: 'max',
    batchRecords: 1000,
    sink,
    files: { keep: false },
    clock: systemClock,
    logger,
    ...options,
  })
}

/** How far each record comes behind a later one of its topic, ms, at most. */
function furthestBehind(stored: readonly SimulatedRecord[]): number {
  const newest = new Map<string, number>()
  let behindMs = 0
  for (const { topic, atMs } of stored) {
    const newestMs = Math.max(newest.get(topic) ?? atMs, atMs)
    newest.set(topic, newestMs)
    behindMs = Math.max(behindMs, newestMs - atMs)
  }
  return behindMs
}

/** What a gateway stores that answers each queue at a speed of its own, and takes now and then nothing. */
async function storedThrough(
  records: readonly SimulatedRecord[],
  {
    concurrency = 4,
    maxRecords = 1000,
    seed = 0,
    ...options
  }: { concurrency?: number; maxRecords?: number; seed?: number } & Partial<RunOptions> = {},
): Promise<SimulatedRecord[]> {
  const random = new Random('gateway', seed)
  const byId = new Map(records.map(record => [record.eventId, record]))
  const answer = async ({ ids }: { readonly ids: readonly string[] }): Promise<GatewayAnswer | undefined> => {
    // The queue of some keys is always the slow one.
    const isSlow = Number(ids[0]!.split('-')[0]) % 3 === 0
    for (let turns = isSlow ? random.int(20, 60) : random.int(0, 5); turns > 0; turns--) await turn()
    return random.float() < 0.05 ? { status: 503 } : undefined
  }
  await using gateway = await startFakeGateway(answer)
  const clock = { now: () => 0, sleep: async () => {} }
  const sink = createGatewaySink({
    url: gateway.url,
    apiKey: new Secret('key'),
    clock,
    logger,
    concurrency,
    maxRecords,
  })
  const run = runOf(records, sink, options)
  await run.start()
  expect(await run.finished).toMatchObject({ acknowledged: records.length, complete: true })
  return gateway.stored.map(id => byId.get(id)!)
}

const idsByKey = (records: readonly SimulatedRecord[]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(records, ({ key }) => key)].map(([key, own]) => [key, own.map(({ eventId }) => eventId)]).sort(),
  )

describe('what is in flight to the gateway', () => {
  it.each([
    ['an event a minute of each of 20 devices', { keys: 20, records: 600, gapMs: 2 * MINUTE_MS, topics: 1 }],
    [
      'an event every ten seconds in 1.5 h, of three topics',
      { keys: 9, records: 540, gapMs: 3 * MINUTE_MS, topics: 3 },
    ],
    ['an event every two days', { keys: 3, records: 30, gapMs: 12 * 1440 * MINUTE_MS, topics: 2 }],
    ['everything at one time', { keys: 20, records: 3000, gapMs: 0, topics: 2 }],
  ])('spans at most a minute of event time, with %s', async (_, density) => {
    const records = recordsOf(density)
    const stored = await storedThrough(records)
    expect(stored).toHaveLength(records.length)
    expect(furthestBehind(stored)).toBeLessThanOrEqual(BOUND_MS)
  })

  it('spans at most a minute and keeps the order of every key, whatever the density, the batch, the requests and the topics', async () => {
    const densities = fc.record({
      keys: fc.integer({ min: 1, max: 12 }),
      records: fc.integer({ min: 1, max: 150 }),
      gapMs: fc.constantFrom(0, 100, 5000, MINUTE_MS, 60 * MINUTE_MS),
      topics: fc.integer({ min: 1, max: 3 }),
    })
    const settings = fc.record({
      concurrency: fc.integer({ min: 1, max: 8 }),
      maxRecords: fc.constantFrom(1, 7, 1000),
      batchRecords: fc.constantFrom(1, 10, 1000),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(densities, settings, async (density, options) => {
        const records = recordsOf(density)
        const stored = await storedThrough(records, options)
        expect(idsByKey(stored)).toEqual(idsByKey(records))
        expect(furthestBehind(stored)).toBeLessThanOrEqual(BOUND_MS)
      }),
      { numRuns: 15 },
    )
  })

  it('is grouped by topic, and a record never overtakes one of its key', async () => {
    const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
    await using gateway = await startFakeGateway(async () => {
      await mayAnswer
      return undefined
    })
    const sink = createGatewaySink({
      url: gateway.url,
      apiKey: new Secret('key'),
      clock: systemClock,
      logger,
      concurrency: 1,
    })
    const record = (key: string, number: number, topic: string) => ({
      topic,
      key,
      value: JSON.stringify({ eventId: `${key}-${number}` }),
    })
    const never = new AbortController().signal
    const first = sink.write([record('first', 0, 'lol.raw')] as never, never)
    const users = ['a', 'b', 'c'].flatMap(key => [
      record(key, 0, 'lol.truth'),
      record(key, 1, 'lol.raw'),
      record(key, 2, 'lol.truth'),
    ])
    const second = sink.write(users as never, never)
    letAnswer()
    expect((await Promise.all([first, second])).flat()).toEqual(new Array(10).fill(null))
    await sink.close()
    expect(gateway.requests.map(request => request.ids)).toEqual([
      ['first-0'],
      ['a-0', 'b-0', 'c-0'],
      ['a-1', 'b-1', 'c-1'],
      ['a-2', 'b-2', 'c-2'],
    ])
  })
})

describe('a run', () => {
  it.each(['max', 600] as const)('at speed %s keeps what is in flight within the bound of the sink', async speed => {
    const clock = new ManualClock()
    const open = new Set<SimulatedRecord>()
    let widestMs = 0
    let mostOpen = 0
    const memory = createMemorySink()
    const sink: EventSink = {
      ...memory,
      maxInFlightSpanMs: BOUND_MS,
      async write(records, giveUp) {
        for (const record of records) open.add(record)
        const times = [...open].map(({ atMs }) => atMs)
        widestMs = Math.max(widestMs, Math.max(...times) - Math.min(...times))
        mostOpen = Math.max(mostOpen, open.size)
        for (let turns = 0; turns < 10; turns++) await turn()
        for (const record of records) open.delete(record)
        return memory.write(records, giveUp)
      },
    }
    const records = recordsOf({ keys: 20, records: 600, gapMs: 2 * MINUTE_MS, topics: 1 })
    const run = runOf(records, sink, { clock, speed, batchRecords: 5 })
    await run.start()
    let isOver = false
    void run.finished.then(() => {
      isOver = true
    })
    while (!isOver) {
      for (let turns = 0; turns < 4; turns++) await turn()
      await clock.advance(20)
    }
    expect(memory.written.map(({ eventId }) => eventId)).toEqual(records.map(({ eventId }) => eventId))
    expect(widestMs).toBeLessThanOrEqual(BOUND_MS)
    expect(mostOpen).toBeGreaterThan(5)
  })

  it('sends what follows reference data when all of that is answered', async () => {
    const records = recordsOf({ keys: 20, records: 600, gapMs: 100, topics: 1 }).map((record, index) => ({
      ...record,
      ...((index < 70 || index === 300) && { topic: 'ad.campaigns' }),
    }))
    const isReference = ({ topic }: SimulatedRecord) => topic === 'ad.campaigns'
    const stored = await storedThrough(records, { referenceTopics: new Set(['ad.campaigns']), maxRecords: 7 })
    const atOf = new Map(stored.map((record, at) => [record.eventId, at]))
    const tooEarly = records.filter((event, index) => {
      const before = records.slice(0, index).filter(isReference)
      return !isReference(event) && before.some(({ eventId }) => atOf.get(eventId)! > atOf.get(event.eventId)!)
    })
    expect(stored).toHaveLength(600)
    expect(tooEarly).toEqual([])
  })

  it('gives a sink that keeps the order whole batches, whatever time they span', async () => {
    const memory = createMemorySink()
    const sizes: number[] = []
    const sink: EventSink = {
      ...memory,
      write(records, giveUp) {
        sizes.push(records.length)
        return memory.write(records, giveUp)
      },
    }
    const run = runOf(recordsOf({ keys: 4, records: 400, gapMs: 60 * MINUTE_MS, topics: 1 }), sink, {
      batchRecords: 200,
    })
    await run.start()
    await run.finished
    expect(sizes).toEqual([200, 200])
  })
})

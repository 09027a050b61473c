import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { defineTopic, instantField, keyField } from '@millrace/contracts'
import { type Clock, ConfigError, createLogger, env, ManualClock, systemClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createGenerator,
  type DomainSimulation,
  defineOptions,
  type EventSink,
  type Progress,
  type Summary,
} from '../src/index.ts'
import { createMemorySink } from './memory-sink.ts'

const raw = defineTopic({
  name: 'test.raw',
  why: 'Events of the tests.',
  schema: z.looseObject({ eventId: z.string(), datetime: z.string(), name: z.string() }),
  keyOf: keyField('name'),
  eventTimeMs: instantField('datetime'),
})
const simulation: DomainSimulation = {
  domain: 'test',
  topics: [raw],
  ...defineOptions({ visitors: env.integer().prefault('3') }, () => {}),
  simulate: () => expect.unreachable('a replay simulates nothing'),
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const line = (second: number, name = 'a'): string =>
  JSON.stringify({
    eventId: `e${second}`,
    datetime: new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString(),
    name,
  })

/** Replays a file with this content, and says what the sink got. */
async function replay(
  content: string | Buffer,
  sink = createMemorySink(),
  given: Record<string, string> = {},
): Promise<{ summary: Summary; sent: string[] }> {
  const file = join(folder, 'events.ndjson')
  await writeFile(file, content)
  return { summary: await replayFrom(file, sink, given), sent: sink.written.map(({ value }) => value) }
}

async function replayFrom(
  file: string,
  sink: EventSink = createMemorySink(),
  given: Record<string, string> = {},
  context: { readonly clock?: Clock; readonly onProgress?: (progress: Progress) => void } = {},
): Promise<Summary> {
  const generator = createGenerator({
    simulation,
    options: simulation.parse({ replay: file, batch: '1', ...given }),
    sink,
    clock: systemClock,
    logger: createLogger('test', { level: 'silent' }),
    ...context,
  })
  await generator.start()
  return generator.finished
}

describe('a replay', () => {
  it('sends the lines of a file as they are, in any language', async () => {
    const lines = [line(1), line(2, 'FÄCE 🎲 ﷽')]
    expect((await replay(`${lines[0]}\n\n${lines[1]}`)).sent).toEqual(lines)
  })

  it('tells of refused records the line in the file, in the summary and in the file of refused records', async () => {
    const sink = createMemorySink(({ value }) =>
      value.startsWith('{"eventId"') && value.endsWith('}')
        ? null
        : { kind: 'refused', code: 'not_json', message: 'no' },
    )
    const refused = join(folder, 'refused.ndjson')
    const { summary } = await replay(`${line(1)}\nnot JSON\n\n${line(2)}\n{broken\n`, sink, { refused })
    expect(summary.refusedExamples.map(example => example.line)).toEqual([2, 5])
    const written = (await readFile(refused, 'utf8')).trim().split('\n')
    expect(written.map(text => JSON.parse(text).line)).toEqual([2, 5])
  })

  it.each([
    ['gzip', gzipSync(line(1)), /it is compressed with gzip: unpack it first/],
    ['zstd', zstdCompressSync(line(1)), /it is compressed with zstd: unpack it first/],
    ['UTF-16', Buffer.from(`\ufeff${line(1)}`, 'utf16le'), /it is UTF-16: convert it/],
    ['UTF-16 of the other order', Buffer.from(`\ufeff${line(1)}`, 'utf16le').swap16(), /it is UTF-16: convert it/],
    ['nothing', '', /it has no events\. Expected is a file with one JSON object a line/],
    ['blank lines', '\n \n', /it has no events/],
  ])('sends nothing of a file of %s, and says what helps', async (_, content, message) => {
    const sink = createMemorySink()
    await expect(replay(content, sink)).rejects.toThrow(message)
    expect(sink.written).toEqual([])
  })

  it('says what it expected in place of a folder or a missing file', async () => {
    const expected = /Cannot read .*Expected is a file with one JSON object a line/
    await expect(replayFrom(folder)).rejects.toThrow(expected)
    await expect(replayFrom(join(folder, 'none.ndjson'))).rejects.toThrow(expected)
  })

  it('ends at a line that no gateway accepts, without reading the rest of it, and says which one', async () => {
    const file = join(folder, 'events.ndjson')
    await writeFile(file, `${line(1)}\n{"x":"`)
    // Sparse: a gibibyte that is never read.
    await truncate(file, 1 << 30)
    await expect(replayFrom(file)).rejects.toThrow(
      /line 2 is larger than 8388608 bytes, the largest body that the gateway accepts/,
    )
  })

  it('sends a line that spans many chunks', async () => {
    const long = line(1, 'x'.repeat(5_000_000))
    expect((await replay(`${long}\n${line(2)}`)).sent).toEqual([long, line(2)])
  })

  it('tells by bytes how much of the file is done', async () => {
    const told: number[] = []
    const clock = new ManualClock()
    const sink = createMemorySink(async () => {
      await clock.advance(250)
      return null
    })
    // The last of ten lines is as large as the others together.
    const lines = [...Array.from({ length: 9 }, (_, second) => line(second)), line(9, 'x'.repeat(9 * line(0).length))]
    const file = join(folder, 'events.ndjson')
    await writeFile(file, lines.join('\n'))
    await replayFrom(file, sink, {}, { clock, onProgress: ({ share }) => told.push(share) })
    expect(told.length).toBeGreaterThan(5)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.filter(share => share > 0.02 && share < 0.52).length).toBeGreaterThan(4)
    expect(told.filter(share => share > 0.52 && share < 1)).toEqual([])
    expect(told.at(-1)).toBe(1)
  })

  it('goes on at once where an earlier run ended, at any speed', async () => {
    const file = join(folder, 'events.ndjson')
    await writeFile(file, [line(0), line(86_400), line(86_400)].join('\n'))
    const { emitted } = await replayFrom(
      file,
      createMemorySink(),
      { speed: '1', skip: '1' },
      { clock: new ManualClock() },
    )
    expect(emitted).toBe(2)
  })

  it.each([
    ['no JSON', 'not JSON'],
    ['no time', '{"eventId":"n","name":"a"}'],
    ['a time before 2000', '{"eventId":"n","name":"a","datetime":"1970-01-01T00:00:00.000Z"}'],
    ['a time far ahead', '{"eventId":"n","name":"a","datetime":"2999-01-01T00:00:00.000Z"}'],
  ])('sends lines with %s beside their neighbours, which are sent in time', async (_, odd) => {
    const clock = new ManualClock(Date.UTC(2025, 0, 1))
    const file = join(folder, 'events.ndjson')
    await writeFile(file, [odd, line(0), odd, line(2), odd, line(4)].join('\n'))
    const sink = createMemorySink()
    const beganMs = clock.now()
    const sentMs: number[] = []
    const timed: EventSink = {
      ...sink,
      write(records, giveUp) {
        sentMs.push(clock.now() - beganMs)
        return sink.write(records, giveUp)
      },
    }
    let isOver = false
    const replayed = replayFrom(file, timed, { speed: '1' }, { clock }).finally(() => {
      isOver = true
    })
    for (let step = 0; step < 100 && !isOver; step++) {
      for (let turns = 0; turns < 10; turns++) await new Promise(resolve => setImmediate(resolve))
      await clock.advance(100)
    }
    expect((await replayed).emitted).toBe(6)
    expect(sentMs.map(ms => Math.floor(ms / 1000))).toEqual([0, 0, 0, 2, 2, 4])
  })

  it('ends before a line that is not UTF-8, and says which one', async () => {
    const sink = createMemorySink()
    const latin1 = Buffer.from(`${line(1)}\n\n${line(2, 'FÄCE')}\n`, 'latin1')
    await expect(replay(latin1, sink)).rejects.toThrow(/events\.ndjson: line 3 is not UTF-8: convert the file/)
    expect(sink.written.filter(({ value }) => value.includes('\ufffd'))).toEqual([])
  })
})

describe('the options of a replay', () => {
  const problemsOf = (given: Record<string, string>): readonly string[] => {
    try {
      simulation.parse({ replay: 'events.ndjson', ...given })
      return []
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
  }

  it.each([
    ['duration', '5m'],
    ['shard', '1/2'],
    ['faults', 'dup=0.1'],
    ['incarnation', 'i'],
  ])('refuse %s, which only simulated events have', (option, value) => {
    expect(problemsOf({ [option]: value })).toEqual([
      `${option} means something for simulated events only: leave it out with replay.`,
    ])
  })

  it('refuse a manifest, also with the faults that it would list', () => {
    expect(problemsOf({ faults: 'dup=0.1', manifest: 'm' })).toHaveLength(2)
  })

  it('take seed, start and those of the domain for reference data, and refuse them where there is none', () => {
    const scenario = { seed: '7', start: '2024-01-01T00:00:00Z', visitors: '5' }
    expect(problemsOf(scenario)).toEqual([])
    expect(problemsOf({ ...scenario, reference: 'none' })).toEqual(
      Object.keys(scenario).map(
        option => `${option} means something for simulated events and reference data only: leave it out.`,
      ),
    )
  })

  it('take what sending needs', () => {
    expect(
      problemsOf({ speed: '60', skip: '3', batch: '10', refused: 'r', ledger: 'l', reference: 'none', sink: 'stdout' }),
    ).toEqual([])
  })
})

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNdjsonFormat } from '../src/formats/ndjson-format.ts'
import { createOpenSegment, type OpenSegment } from '../src/segment/open-segment.ts'
import { createSegmentBudget } from '../src/segment/segment-budget.ts'

const HOUR_MS = 3_600_000
const format = createNdjsonFormat()
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'open-segment-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Rows of about a kilobyte that go to two hours in turn: a few thousand are several parts of each. */
function add(segment: OpenSegment, from: number, to: number): void {
  for (let offset = from; offset < to; offset++)
    segment.add({
      offset,
      period: (offset % 2) * HOUR_MS,
      eventTimeMs: offset,
      line: Buffer.from(JSON.stringify({ offset, pad: `${offset} `.repeat(150) })),
    })
}

async function offsetsIn(segment: OpenSegment): Promise<number[]> {
  const offsets: number[] = []
  for (const { localFile, rows } of await segment.build()) {
    let found = 0
    for await (const batch of format.read(localFile))
      for (const { offset, event } of batch) {
        expect(event).toEqual({ offset, pad: `${offset} `.repeat(150) })
        offsets.push(offset)
        found++
      }
    expect(found).toBe(rows)
  }
  return offsets.sort((a, b) => a - b)
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

describe('an open segment', () => {
  it('has every line, in parts that were written while more came', async () => {
    const segment = createOpenSegment({ directory, format, budget: createSegmentBudget({ maxMemoryBytes: 4 << 20 }) })
    for (let from = 0; from < 9_000; from += 500) {
      add(segment, from, from + 500)
      await segment.flush()
    }
    expect(await offsetsIn(segment)).toEqual(range(0, 9_000))
  })

  it.each([0, 1, 4_001, 8_998])('has the lines behind offset %i when those up to it are dropped', async last => {
    const segment = createOpenSegment({ directory, format, budget: createSegmentBudget({ maxMemoryBytes: 4 << 20 }) })
    add(segment, 0, 9_000)
    await segment.flush()
    const bytes = segment.bytes
    await segment.dropThrough(last)
    expect(segment.rows).toBe(8_999 - last)
    expect(segment.bytes).toBeLessThan(bytes)
    expect(segment.eventTimeSpan()).toEqual({ fromMs: last + 1, toMs: 8_999 })
    add(segment, 9_000, 9_100)
    expect(await offsetsIn(segment)).toEqual(range(last + 1, 9_100))
  })

  it('tells with the next look that the disk refused a part, and writes it when the disk takes it', async () => {
    const place = join(directory, 'local')
    await writeFile(place, 'in the way')
    const segment = createOpenSegment({
      directory: place,
      format,
      budget: createSegmentBudget({ maxMemoryBytes: 4 << 20 }),
    })
    add(segment, 0, 9_000)
    await expect(segment.flush()).rejects.toThrow('EEXIST')
    await expect(segment.build()).rejects.toThrow('EEXIST')
    await rm(place)
    expect(await offsetsIn(segment)).toEqual(range(0, 9_000))
  })

  it('holds back a few MiB of all hours together, not of each', async () => {
    const segment = createOpenSegment({ directory, format, budget: createSegmentBudget({ maxMemoryBytes: 4 << 20 }) })
    for (let offset = 0; offset < 9_000; offset++)
      segment.add({ offset, period: (offset % 24) * HOUR_MS, eventTimeMs: offset, line: Buffer.alloc(700, 'x') })
    await segment.flush()
    expect(await readdir(directory)).toHaveLength(24)
  })

  it('leaves nothing behind when it is discarded in the middle of writing', async () => {
    const place = join(directory, 'local')
    const segment = createOpenSegment({
      directory: place,
      format,
      budget: createSegmentBudget({ maxMemoryBytes: 4 << 20 }),
    })
    add(segment, 0, 9_000)
    await segment.flush()
    await segment.discard()
    expect(segment.rows).toBe(0)
    // A folder that is not there can be made.
    await writeFile(place, '')
  })
})

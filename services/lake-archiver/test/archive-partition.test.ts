import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lakeFormats, temporaryFolder } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { type Lake, lakeError } from '@millrace/lake'
import { afterEach, describe, expect, it } from 'vitest'
import type { ArchiverOptions } from '../src/index.ts'
import { type ArchiveWorld, doneOf, expected, makeArchiveWorld, readBack } from './archive-world.ts'
import { eventAt, PARTITION, recordAt, records, START_MS, TOPIC } from './logged-records.ts'

const HOUR_MS = 3_600_000
const worlds: ArchiveWorld[] = []
const newWorld = async (options: ArchiverOptions = {}): Promise<ArchiveWorld> => {
  const world = await makeArchiveWorld(options)
  worlds.push(world)
  return world
}
afterEach(() => Promise.all(worlds.splice(0).map(world => world.remove())))

/** A lake of which the next calls of one method fail, before or after they were done. */
function failing(inner: Lake, method: 'write' | 'rename' | 'remove' | 'read', when: 'before' | 'after') {
  let left = 0
  const failed = () => lakeError('lake_timeout', { where: 'test', operation: method, path: 'p', timeoutMs: 1 })
  const call = inner[method] as (...args: unknown[]) => Promise<unknown>
  const lake: Lake = {
    ...inner,
    [method]: async (...args: unknown[]) => {
      const fails = left-- > 0
      if (fails && when === 'before') throw failed()
      const result = await call(...args)
      if (fails) throw failed()
      return result
    },
  }
  return {
    lake,
    failNext: (count: number) => {
      left = count
    },
  }
}

describe('archiver of a partition', () => {
  it.each(lakeFormats)('stores what it was given and says so only then (%s)', async format => {
    const world = await newWorld({ format, maxRows: 10 })
    const archiver = world.archiver()
    expect(await archiver.open(world.assignment())).toEqual({ readFrom: 0, publishFrom: 0 })
    expect(doneOf(await archiver.process(records(0, 9)))).toBeNull()
    expect((await world.stored()).manifests).toEqual([])
    expect(await archiver.process(records(9, 12))).toEqual({ emits: [], failed: [], done: 10, metadata: 'manifest=0' })
    expect(doneOf(await archiver.process(records(12, 33)))).toBe(30)
    const { manifests, rows } = await world.stored()
    expect(manifests.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])).toEqual([
      [0, 9],
      [10, 19],
      [20, 29],
    ])
    expect(rows).toEqual(expected(records(0, 30)))
  })

  it('closes a segment by bytes', async () => {
    const world = await newWorld({ maxBytes: 2000 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    await archiver.process(records(0, 100))
    const { manifests } = await world.stored()
    expect(manifests.length).toBeGreaterThan(5)
  })

  it('stores a single record in time when no other follows', async () => {
    const world = await newWorld({ maxAgeMs: 60_000 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    await world.clock.advance(500_000)
    expect(doneOf(await archiver.tick!(world.clock.now()))).toBeNull()
    await archiver.process(records(0, 1))
    await world.clock.advance(59_000)
    expect(doneOf(await archiver.tick!(world.clock.now()))).toBeNull()
    await world.clock.advance(1000)
    expect(doneOf(await archiver.tick!(world.clock.now()))).toBe(1)
    expect((await world.stored()).rows).toEqual(expected(records(0, 1)))
    await world.clock.advance(600_000)
    expect(doneOf(await archiver.tick!(world.clock.now()))).toBeNull()
  })

  it('puts records into folders by hour of event time, and those whose time cannot be believed apart', async () => {
    const world = await newWorld({ maxRows: 6 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const given = [
      recordAt(0, eventAt(0, START_MS)),
      recordAt(1, eventAt(1, START_MS + HOUR_MS)),
      recordAt(2, eventAt(2, Date.UTC(1970, 0, 1))),
      recordAt(3, eventAt(3, Date.UTC(2190, 0, 1))),
      recordAt(4, { eventId: 'no time' }),
      recordAt(5, eventAt(5, START_MS + 1)),
    ]
    await archiver.process(given)
    const { manifests, rows } = await world.stored()
    expect(rows).toEqual(expected(given))
    expect(manifests[0]).toMatchObject({
      rows: 6,
      eventTimeFrom: new Date(START_MS).toISOString(),
      eventTimeTo: new Date(START_MS + HOUR_MS).toISOString(),
    })
    expect(manifests[0]!.files.map(({ path, rows: count }) => [path.slice(0, path.lastIndexOf('/')), count])).toEqual([
      ['lol.raw/date=2024-03-24/hour=10', 2],
      ['lol.raw/date=2024-03-24/hour=11', 1],
      ['lol.raw/quarantine', 3],
    ])
    const counted = await world.metrics.registry.getSingleMetric('millrace_lake_archiver_quarantined_rows_total')!.get()
    expect(counted.values).toMatchObject([{ labels: { topic: 'lol.raw' }, value: 3 }])
  })

  it('puts records into folders by day of event time, each file with the hash of its content in its name', async () => {
    const world = await newWorld({ formats: new Map([[TOPIC, 'daily-ndjson']]), maxRows: 5 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const given = [
      recordAt(0, eventAt(0, START_MS)),
      recordAt(1, eventAt(1, START_MS + HOUR_MS)),
      recordAt(2, eventAt(2, START_MS + 24 * HOUR_MS)),
      recordAt(3, { eventId: 'no time' }),
      recordAt(4, eventAt(4, START_MS + 2)),
    ]
    await archiver.process(given)
    const { manifests, rows } = await world.stored()
    expect(rows).toEqual(expected(given))
    const range = '00004-00000000000000000000-00000000000000000004'
    const files = [
      ['lol.raw/date=2024-03-24', [0, 1, 4]],
      ['lol.raw/date=2024-03-25', [2]],
      ['lol.raw/quarantine', [3]],
    ] as const
    for (const [index, [folder, offsets]] of files.entries()) {
      const content = Buffer.concat(offsets.flatMap(offset => [given[offset]!.value, Buffer.from('\n')]))
      const sha256 = createHash('sha256').update(content).digest('hex')
      const path = `${folder}/${range}-${sha256}.ndjson`
      expect(manifests[0]!.files[index]).toMatchObject({ path, rows: offsets.length, sha256 })
      expect(await world.lake.read(path)).toEqual(content)
    }
  })

  it('closes no segment by age before each of its files has a hundred rows, unless it has waited too long', async () => {
    const world = await newWorld({ format: 'daily-ndjson', maxAgeMs: 60_000, maxWaitMs: 180_000 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const day = (from: number, to: number, days = 0) =>
      Array.from({ length: to - from }, (_, index) =>
        recordAt(from + index, eventAt(from + index, START_MS + days * 24 * HOUR_MS)),
      )
    const doneAfter = async (ms: number): Promise<number | null> => {
      await world.clock.advance(ms)
      return doneOf(await archiver.tick!(world.clock.now()))
    }
    await archiver.process(day(0, 99))
    expect(await doneAfter(60_000)).toBeNull()
    await archiver.process(day(99, 100))
    expect(await doneAfter(0)).toBe(100)
    await archiver.process([...day(100, 300), ...day(300, 301, 1)])
    expect(await doneAfter(179_999)).toBeNull()
    expect(await doneAfter(1)).toBe(301)
    await archiver.process(day(301, 401))
    expect(await doneAfter(59_999)).toBeNull()
    expect(await doneAfter(1)).toBe(401)
    const { manifests, rows } = await world.stored()
    expect(manifests.map(({ files }) => files.map(file => file.rows))).toEqual([[100], [200, 1], [100]])
    expect(rows.size).toBe(401)
  })

  it('bounds the hours of a segment', async () => {
    const world = await newWorld({ maxHours: 4 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const given = Array.from({ length: 30 }, (_, offset) =>
      recordAt(offset, eventAt(offset, START_MS - offset * HOUR_MS)),
    )
    await archiver.process(given)
    await archiver.close!('stopping')
    const { manifests, rows } = await world.stored()
    expect(rows).toEqual(expected(given))
    expect(Math.max(...manifests.map(({ files }) => files.length))).toBe(4)
  })

  it('gives back what cannot be read, and claims its range all the same', async () => {
    const world = await newWorld({ maxRows: 3 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const broken = [recordAt(1, Buffer.from([0xff])), recordAt(2, Buffer.from('[1]')), recordAt(4, Buffer.from('{'))]
    const good = [recordAt(0), recordAt(3), recordAt(5)]
    const result = await archiver.process([...good, ...broken].sort((a, b) => a.offset - b.offset))
    expect(result.done).toBe(6)
    expect(result.failed.map(({ record, reason }) => [record.offset, reason.code, reason.sink, reason.stage])).toEqual([
      [1, 'invalid_utf8', 'lake', 'sink'],
      [2, 'not_an_object', 'lake', 'sink'],
      [4, 'invalid_json', 'lake', 'sink'],
    ])
    const { manifests, rows } = await world.stored()
    expect(manifests.map(({ firstOffset, lastOffset, rows: count }) => [firstOffset, lastOffset, count])).toEqual([
      [0, 5, 3],
    ])
    expect(rows).toEqual(expected(good))
  })

  it('claims a range in which nothing could be read', async () => {
    const world = await newWorld()
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    await archiver.process([recordAt(0, Buffer.from('x'))])
    expect(doneOf(await archiver.close!('stopping'))).toBe(1)
    expect((await world.stored()).manifests).toMatchObject([
      { firstOffset: 0, lastOffset: 0, rows: 0, files: [], kind: 'data' },
    ])
  })

  it('refuses again what it may have refused in vain before it died', async () => {
    const world = await newWorld({ maxRows: 2 })
    const first = world.archiver()
    await first.open(world.assignment())
    // The range is in the lake, but the process dies before its result is stored: the group's offset stays behind.
    await first.process([recordAt(0), recordAt(1, Buffer.from('broken')), recordAt(2)])
    const second = world.archiver()
    expect(await second.open(world.assignment({ committed: { offset: 0, metadata: '' } }))).toMatchObject({
      readFrom: 0,
    })
    const result = await second.process([recordAt(0), recordAt(1, Buffer.from('broken')), recordAt(2), recordAt(3)])
    expect(result.failed.map(({ record }) => record.offset)).toEqual([1])
    expect(result.done).toBe(3)
    await second.close!('stopping')
    expect((await world.stored()).rows).toEqual(expected([recordAt(0), recordAt(2), recordAt(3)]))
  })

  it('commits what is at hand when it stops, and nothing when the partition is lost', async () => {
    const world = await newWorld()
    const lost = world.archiver()
    await lost.open(world.assignment())
    await lost.process(records(0, 8_000))
    expect(await lost.close!('revoked')).toBeNull()
    expect((await world.stored()).manifests).toEqual([])
    const stopped = world.archiver()
    await stopped.open(world.assignment())
    await stopped.process(records(0, 5))
    expect(doneOf(await stopped.close!('stopping'))).toBe(5)
    expect((await world.stored()).rows).toEqual(expected(records(0, 5)))
    for (const spool of ['spool-1', 'spool-2']) {
      const left = await readdir(join(world.directory, spool), { recursive: true, withFileTypes: true })
      expect(left.filter(entry => entry.isFile())).toEqual([])
    }
  })

  it('finds the newest manifest by its hint without listing the manifests', async () => {
    const world = await newWorld({ maxRows: 1 })
    const first = world.archiver()
    await first.open(world.assignment())
    const { metadata } = await first.process(records(0, 20))
    await first.process(records(20, 22))
    const listed: string[] = []
    const watched: Lake = {
      ...world.lake,
      list: (folder, options) => {
        listed.push(folder)
        return world.lake.list(folder, options)
      },
    }
    const second = world.archiver(watched)
    await second.open(world.assignment({ committed: { offset: 20, metadata: metadata! } }))
    expect(listed).toEqual([temporaryFolder(TOPIC, PARTITION)])
    expect(doneOf(await second.process(records(20, 23)))).toBe(23)
    const third = world.archiver(watched)
    await third.open(world.assignment({ committed: { offset: 20, metadata: 'manifest=777' } }))
    await third.process(records(20, 24))
    expect((await world.stored()).rows).toEqual(expected(records(0, 24)))
  })
})

describe('archiver and retention', () => {
  it('claims as a gap what the log no longer has, at the start and on the way', async () => {
    const world = await newWorld({ maxRows: 5 })
    const archiver = world.archiver()
    expect(await archiver.open(world.assignment({ earliest: 7 }))).toEqual({ readFrom: 7, publishFrom: 7 })
    await archiver.process(records(7, 9))
    await archiver.process(records(20, 22))
    await archiver.close!('stopping')
    const again = world.archiver()
    await again.open(world.assignment({ earliest: 30, committed: { offset: 22, metadata: 'manifest=20' } }))
    const { manifests, rows } = await world.stored()
    expect(
      manifests.map(({ kind, firstOffset, lastOffset, rows: count }) => [kind, firstOffset, lastOffset, count]),
    ).toEqual([
      ['gap', 0, 6, 0],
      ['data', 7, 8, 2],
      ['gap', 9, 19, 0],
      ['data', 20, 21, 2],
      ['gap', 22, 29, 0],
    ])
    expect(rows).toEqual(expected([...records(7, 9), ...records(20, 22)]))
    const metric = await world.metrics.registry.getSingleMetricAsString('millrace_lake_archiver_gap_offsets_total')
    expect(metric).toMatch(/topic="lol.raw".* 26$/m)
  })

  it('takes the holes of a compacted topic for no gaps', async () => {
    const world = await newWorld()
    const archiver = world.archiver(world.lake, { ...lol.topics.raw, cleanup: 'compact' })
    await archiver.open(world.assignment({ earliest: 2 }))
    const given = [recordAt(2), recordAt(5), recordAt(9)]
    await archiver.process(given)
    await archiver.close!('stopping')
    const { manifests, rows } = await world.stored()
    expect(manifests).toMatchObject([{ kind: 'data', firstOffset: 0, lastOffset: 9, rows: 3 }])
    expect(rows).toEqual(expected(given))
  })

  it('measures how long after its first event a range is in the lake', async () => {
    const world = await newWorld({ maxAgeMs: 60_000 })
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const unbelievable = eventAt(0, Date.UTC(1970, 0, 1))
    await archiver.process([recordAt(0, unbelievable), recordAt(1, eventAt(1, START_MS - 5_000)), ...records(2, 4)])
    await world.clock.advance(60_000)
    await archiver.tick?.(world.clock.now())
    const sum = () => world.metrics.registry.getSingleMetricAsString('millrace_lake_archiver_commit_delay_seconds')
    expect(await sum()).toMatch(/_sum\{.*topic="lol.raw"\} 65$/m)
    await archiver.process([recordAt(4, eventAt(4, START_MS + 60_000))])
    await world.clock.advance(60_000)
    await archiver.tick?.(world.clock.now())
    expect(await sum()).toMatch(/_sum\{.*topic="lol.raw"\} 125$/m)
  })

  it('reads an archived record again whose sender has a clock that is an hour ahead', async () => {
    const world = await newWorld({ maxRows: 5 })
    const old = world.archiver()
    await old.open(world.assignment())
    await old.process(records(0, 10))
    const archiver = world.archiver()
    await archiver.open(world.assignment())
    const ahead = { ...recordAt(0), timestampMs: START_MS + HOUR_MS }
    expect(await archiver.process([ahead])).toMatchObject({ failed: [] })
  })

  it('stops when the topic was made anew under a lake that has the old one', async () => {
    const world = await newWorld({ maxRows: 5 })
    const old = world.archiver()
    await old.open(world.assignment())
    await old.process(records(0, 10))
    const archiver = world.archiver()
    await archiver.open(world.assignment({ end: 3 }))
    const sentLater = { ...recordAt(0), timestampMs: START_MS + 2 * HOUR_MS }
    await expect(archiver.process([sentLater])).rejects.toMatchObject({ code: 'lake_ahead_of_log', retryable: false })
  })
})

describe('archiver whose lake fails', () => {
  it.each([
    ['write', 'before'],
    ['write', 'after'],
    ['rename', 'before'],
    ['rename', 'after'],
    ['read', 'before'],
  ] as const)('may be called again with the same records (%s fails %s)', async (method, when) => {
    for (let failures = 1; failures < 5; failures++) {
      const world = await newWorld({ maxRows: 4 })
      const faulty = failing(world.lake, method, when)
      const archiver = world.archiver(faulty.lake)
      await archiver.open(world.assignment())
      const batch = [...records(0, 3), recordAt(3, Buffer.from('broken')), ...records(4, 13)]
      let attempts = 0
      let result: Awaited<ReturnType<typeof archiver.process>> | undefined
      faulty.failNext(failures)
      while (!result) {
        attempts += 1
        try {
          result = await archiver.process(batch)
        } catch (error) {
          expect(error).toMatchObject({ code: 'lake_timeout', retryable: true })
        }
      }
      expect(result.failed.map(({ record }) => record.offset)).toEqual([3])
      if (method !== 'read') expect(attempts).toBeGreaterThan(1)
      expect(result.done).toBe(13)
      expect((await world.stored()).rows).toEqual(expected(batch.filter(({ offset }) => offset !== 3)))
    }
  })
})

describe('two archivers on one partition', () => {
  it('commit no offset that they have not received, so that each tells what it cannot read', async () => {
    const world = await newWorld({ maxRows: 2 })
    const [first, second] = [world.archiver(), world.archiver()]
    for (const archiver of [first, second]) await archiver.open(world.assignment())
    const broken = recordAt(1, Buffer.from('broken'))
    // The first one dies before its result is stored.
    await first.process([recordAt(0), broken, recordAt(2)])
    await second.process([recordAt(0)])
    expect(doneOf(await second.tick!(world.clock.now() + HOUR_MS))).toBe(1)
    const { failed, done } = await second.process([broken, recordAt(2)])
    expect(failed.map(({ record }) => record.offset)).toEqual([1])
    expect(done).toBe(3)
    expect((await world.stored()).rows).toEqual(expected([recordAt(0), recordAt(2)]))
  })

  it('store every record exactly once and both keep going', async () => {
    const world = await newWorld({ maxRows: 7 })
    const slower = await newWorld({ maxRows: 5 })
    const rivals = [world.archiver(), slower.archiver(world.lake)]
    for (const rival of rivals) await rival.open(world.assignment())
    const dones: number[] = [0, 0]
    for (let at = 0; at < 60; at += 3) {
      await Promise.all(
        rivals.map(async (rival, index) => {
          dones[index] = doneOf(await rival.process(records(at, at + 3))) ?? dones[index]!
        }),
      )
    }
    const last = await Promise.all(rivals.map(rival => rival.close!('stopping')))
    expect(last.map((result, index) => doneOf(result) ?? dones[index])).toEqual([60, 60])
    const { rows, manifests } = await readBack(world.lake, world.directory)
    expect(rows).toEqual(expected(records(0, 60)))
    expect(manifests.length).toBeGreaterThan(6)
  })
})

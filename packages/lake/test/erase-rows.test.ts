import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  dataFileName,
  erasedFilePath,
  hashInName,
  LAKE_FORMATS,
  type LakeFormat,
  lakeFormats,
  temporaryFolder,
} from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyDataFile } from '../src/data-file.ts'
import {
  type BuiltDataFile,
  buildDataFile,
  createDirectoryLake,
  createFormat,
  eraseRows,
  lakeError,
  type ManifestFile,
  newestManifest,
  readDataFile,
} from '../src/index.ts'
import { eraseAll, expectErased, readAll, withFolder } from './erase-world.ts'
import { createCrashingLake, wrapLake } from './faulty-lake.ts'
import { Crash, makeLog, makeWorld, manifestsOf, PARTITION, TOPIC } from './lake-world.ts'

const log = makeLog(13)
const ERASED = [0, 3, 4, 10, 11, 12]

/** Those whose files are copied line by line. Parquet differs from them only in how a file is built on the local disk, which is slow. */
const lineFormats = lakeFormats.filter(name => name !== 'parquet')

async function archivedWorld(format: LakeFormat) {
  const world = await makeWorld(undefined, format)
  await world.archive(world.newWriter(world.lake), log, 5)
  return world
}

describe.each(lakeFormats)('rows of %s that are erased', format => {
  it('are gone from the files, and the manifests say which', async () => {
    const world = await archivedWorld(format)
    try {
      const before = await manifestsOf(world.lake)
      expect(await eraseAll(world.lake, ERASED, world)).toBe(6)
      const manifests = await expectErased(world.lake, log, { ...world, erased: ERASED })
      expect(manifests).toMatchObject([
        {
          revision: 1,
          erased: [
            [0, 0],
            [3, 4],
          ],
          erasures: ['20240324T100000Z-test'],
        },
        { rows: 5 },
        { revision: 1, erased: [[10, 12]], rows: 0, files: [], quarantined: 0 },
      ])
      expect(manifests[1]).toEqual(before[1])
      const [paths, earlier] = [manifests, before].map(([first]) => first!.files.map(({ path }) => path))
      const rewritten = paths!.filter(path => !earlier!.includes(path))
      expect([rewritten.length, paths!.length]).toEqual([1, 2])
      expect(rewritten[0]).toMatch(/-00000000000000000004-e1[.-]/)
      const { sha256, offsets } = manifests[0]!.files.find(({ path }) => path === rewritten[0])!
      const { hashInName: hasHash } = LAKE_FORMATS[format]
      expect(hashInName(rewritten[0]!)).toBe(hasHash ? sha256 : undefined)
      expect(offsets !== undefined).toBe(createFormat(format, lol.topics.raw, PARTITION).offsetsInManifest ?? false)
      expect(manifests[0]!.replaces).toBe(`_manifests/${TOPIC}/${PARTITION}/00000000000000000000.json`)
      for (const [index, { writerId, createdAt, eventTimeFrom }] of before.entries())
        expect(manifests[index]).toMatchObject({ writerId, createdAt, eventTimeFrom })
      expect(await eraseAll(world.lake, ERASED, world), 'the second time nothing is left to do').toBe(0)
      expect(await manifestsOf(world.lake)).toEqual(manifests)
    } finally {
      await world.remove()
    }
  })

  it('of several erasures are all gone, in any order', async () => {
    const world = await archivedWorld(format)
    try {
      for (const [index, offset] of [4, 0, 2].entries())
        await eraseAll(world.lake, [offset], { ...world, erasure: `e${index}` })
      const [first] = await expectErased(world.lake, log, { ...world, erased: [0, 2, 4] })
      expect(first).toMatchObject({
        revision: 3,
        erasures: ['e0', 'e1', 'e2'],
        erased: [
          [0, 0],
          [2, 2],
          [4, 4],
        ],
      })
    } finally {
      await world.remove()
    }
  })

  it('do not disturb a writer, before and after', async () => {
    const world = await makeWorld(undefined, format)
    try {
      const writer = world.newWriter(world.lake)
      await world.archive(writer, log.slice(0, 6), 6)
      await eraseAll(world.lake, [5], world)
      await world.archive(writer, log.slice(0, 9), 3)
      await eraseAll(world.lake, [5, 6, 7, 8], world)
      const hint = writer.newestFirst
      expect(await newestManifest(world.lake, { topic: TOPIC, partition: PARTITION, hint })).toMatchObject({
        firstOffset: 6,
        revision: 1,
      })
      await world.archive(world.newWriter(world.lake), log, 4)
      await expectErased(world.lake, log, { ...world, erased: [5, 6, 7, 8] })
      expect(await world.lake.list(temporaryFolder(TOPIC, PARTITION))).toEqual([])
    } finally {
      await world.remove()
    }
  })

  it('of a range that is not claimed are none', async () => {
    const world = await makeWorld()
    try {
      const range = { topic: TOPIC, partition: PARTITION, firstOffset: 0 }
      expect(await eraseRows(world.lake, range, [[0, 9]], { erasure: 'e', directory: world.directory })).toBeNull()
    } finally {
      await world.remove()
    }
  })
})

describe.each(lineFormats)('an erasure of %s that dies', format => {
  const log = makeLog(5)
  const ERASED = [0, 3, 4]
  const archived = async () => {
    const world = await makeWorld(undefined, format)
    await world.archive(world.newWriter(world.lake), log, 3)
    return world
  }

  /** Dies at each point, one process after another, then runs to its end; readers and writers work in between. */
  async function runWithCrashes(points: readonly { call: number; when: 'before' | 'after' | 'torn' }[]) {
    const world = await archived()
    try {
      const look = async (): Promise<void> => {
        const { manifests, rows } = await readAll(world.lake, world.directory)
        expect(manifests.map(({ firstOffset }) => firstOffset)).toEqual([0, 3])
        for (const { offset } of log) if (!ERASED.includes(offset)) expect(rows.has(offset)).toBe(true)
      }
      let calls: readonly string[] = []
      for (const point of [...points, null]) {
        // What readers see after each call is looked at once; after a death it is what it was after some call.
        const crashing = createCrashingLake(world.lake, point, points.length === 0 ? look : undefined)
        await eraseAll(crashing.lake, ERASED, world).catch(error => {
          if (!(error instanceof Crash)) throw error
        })
        await look()
        calls = crashing.calls
        // An archiver that starts now recovers and finds its end.
        const writer = world.newWriter(world.lake)
        await writer.open(null)
        expect(writer.next).toBe(log.length)
        await writer.abandon()
      }
      await expectErased(world.lake, log, { ...world, erased: ERASED })
      return calls
    } finally {
      await world.remove()
    }
  }

  it.each(['after', 'torn'] as const)(
    'leaves every range readable once, and the next one completes it, whichever call it is that it dies %s',
    async when => {
      const calls = await runWithCrashes([])
      expect(calls.length).toBeGreaterThan(25)
      for (const [call, method] of calls.entries()) {
        if (when === 'torn' && method !== 'write') continue
        await runWithCrashes([{ call, when }]).catch(error => {
          throw new Error(`died ${when} call ${call}, a ${method}`, { cause: error })
        })
      }
    },
  )

  it('is completed however often it dies', async () => {
    const point = fc.record({ call: fc.nat({ max: 35 }), when: fc.constantFrom('before', 'after', 'torn') })
    await fc.assert(
      fc.asyncProperty(fc.array(point, { minLength: 2, maxLength: 5 }), async points => {
        await runWithCrashes(points as Parameters<typeof runWithCrashes>[0])
      }),
      { numRuns: 8 },
    )
  })

  it('is repeated after calls that failed or were not answered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.constantFrom('works', 'works', 'works', 'fails', 'unanswered')),
        async fates => {
          const world = await archived()
          try {
            const lake = wrapLake(world.lake, async (_method, _args, call) => {
              const fate = fates.next().value
              const failed = lakeError('lake_timeout', { where: 'test', operation: 'call', path: 'p', timeoutMs: 1 })
              if (fate === 'fails') throw failed
              const result = await call()
              if (fate === 'unanswered') throw failed
              return result
            })
            for (let attempt = 0; attempt < 30; attempt++) {
              const done = await eraseAll(lake, ERASED, world).then(
                () => true,
                error => {
                  expect(error).toMatchObject({ code: 'lake_timeout' })
                  return false
                },
              )
              if (done) break
            }
            await eraseAll(world.lake, ERASED, world)
            await expectErased(world.lake, log, { ...world, erased: ERASED })
          } finally {
            await world.remove()
          }
        },
      ),
      { numRuns: 6 },
    )
  })
})

it.each(lineFormats)(
  'erasures and writers of %s in one partition work at the same time, and readers lose nothing',
  async format => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async scheduler => {
        const world = await makeWorld(undefined, format)
        try {
          await world.archive(world.newWriter(world.lake), log.slice(0, 8), 4)
          const interleaved = (name: string) =>
            wrapLake(world.lake, async (method, _args, call) => {
              await scheduler.schedule(Promise.resolve(), `${name} ${method}`)
              return call()
            })
          const jobs = [
            eraseAll(interleaved('a'), [0, 1, 6], { ...world, erasure: 'a' }),
            eraseAll(interleaved('b'), [1, 2, 3, 7], { ...world, erasure: 'b' }),
            world.archive(world.newWriter(interleaved('writer')), log, 2),
            readAll(interleaved('reader'), world.directory).then(({ rows }) => {
              for (const offset of [4, 5]) expect(rows.has(offset)).toBe(true)
            }),
          ]
          await scheduler.waitFor(Promise.all(jobs))
          await expectErased(world.lake, log, { ...world, erased: [0, 1, 2, 3, 6, 7] })
        } finally {
          await world.remove()
        }
      }),
      { numRuns: 10 },
    )
  },
)

describe('a copy of a data file without some rows', () => {
  const records = [
    '{"eventId":"e0","account":"ann","n":9007199254740993}',
    '{"eventId":"e1","account":"bob","x":1.50,"extra field":[1,2]}',
    '{ "eventId":"e2","account":"ann","User":{"a":null} }',
    '{"eventId":"e3","account":"cee","datetime":"2024-03-24T11:25:29.845Z","x":-0}',
  ]
  it.each(lakeFormats)('has the other rows of %s as they were, and what the manifest says of it', async name => {
    await withFolder(async directory => {
      const lake = createDirectoryLake({ directory: join(directory, 'lake') })
      const format = createFormat(name, lol.topics.raw, 3)
      const lines = records.flatMap((text, index) => {
        const value = Buffer.from(text)
        const line = format.encode({ offset: index * 2, timestampMs: 5, value, event: JSON.parse(text) })
        return [typeof line === 'string' ? Buffer.from(line) : (line as Buffer), Buffer.from('\n')]
      })
      const linesFile = join(directory, 'lines')
      await writeFile(linesFile, (await format.pack?.(Buffer.concat(lines))) ?? Buffer.concat(lines))
      const store = async (path: string, { localFile, ...described }: BuiltDataFile): Promise<ManifestFile> => {
        const temporaryPath = `_tmp/${described.sha256}`
        await lake.write(temporaryPath, { localFile })
        await lake.rename(temporaryPath, path)
        return { path, temporaryPath, ...described }
      }
      const copyOf = (file: ManifestFile, target: string, erased: readonly number[]) =>
        copyDataFile(lake, file, { target: join(directory, target), erased: new Set(erased) })
      const rowsOf = async (file: ManifestFile) => {
        const rows = []
        for await (const some of readDataFile(lake, file, { directory })) rows.push(...some)
        return rows
      }
      const target = join(directory, 'source')
      const first = await buildDataFile(format, { linesFile, target, offsets: [0, 2, 4, 6] })
      const named = dataFileName({ partition: 3, first: 0, last: 6, format: name, sha256: first.sha256 })
      const source = await store(`lol.raw/${named}`, first)
      const before = await rowsOf(source)
      const { built, removed } = await copyOf(source, 'copy', [0, 4, 99])
      expect(removed).toEqual([0, 4])
      const content = await readFile(built!.localFile)
      expect(content.includes('ann')).toBe(false)
      const sha256 = createHash('sha256').update(content).digest('hex')
      expect(built).toMatchObject({ rows: 2, bytes: content.length, sha256 })
      const path = erasedFilePath(source.path, { revision: 1, sha256 })
      expect(await rowsOf(await store(path, built!))).toEqual([before[1], before[3]])
      expect(await copyOf(source, 'none', [99])).toEqual({ removed: [], built: null })
      expect(await copyOf(source, 'all', [0, 2, 4, 6])).toEqual({ removed: [0, 2, 4, 6], built: null })
      expect((await readdir(directory)).sort()).toEqual(['copy', 'lake', 'lines', 'source'])
      expect(await rowsOf(source)).toEqual(before)
    })
  })
})

import { type LakeFormat, lakeFormats, temporaryFolder } from '@millrace/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readManifests } from '../src/index.ts'
import { type CrashPoint, createCrashingLake } from './faulty-lake.ts'
import { Crash, expectExactlyOnce, makeLog, makeReader, makeWorld, PARTITION, TOPIC } from './lake-world.ts'

const log = makeLog(13)
const PER_SEGMENT = 5
/** Parquet differs from them only in how a file is built on the local disk, which is slow. */
const formats = lakeFormats.filter(name => name !== 'parquet')

/** Archives the log with one process per crash point, each dying there, and a last one that lives. */
async function runWithCrashes(format: LakeFormat, points: readonly CrashPoint[]): Promise<readonly string[]> {
  const world = await makeWorld(undefined, format)
  try {
    const look = makeReader(world)
    let calls: readonly string[] = []
    for (const point of [...points, null]) {
      const crashing = createCrashingLake(world.lake, point, look)
      const writer = world.newWriter(crashing.lake)
      try {
        await world.archive(writer, log, PER_SEGMENT)
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
      await look()
      calls = crashing.calls
    }
    await expectExactlyOnce(world, log)
    await world.newWriter(world.lake).open(null)
    expect(await world.lake.list(temporaryFolder(TOPIC, PARTITION)), 'nothing temporary is left').toEqual([])
    return calls
  } finally {
    await world.remove()
  }
}

describe.each(formats)('segment writer of %s that dies', format => {
  it.each(['before', 'after', 'torn'] as const)(
    'leaves every record exactly once in the lake, whichever call it is that it dies %s',
    async when => {
      const calls = await runWithCrashes(format, [])
      expect(calls.length).toBeGreaterThan(20)
      for (const [call, method] of calls.entries()) {
        if (when === 'torn' && method !== 'write') continue
        await runWithCrashes(format, [{ call, when }]).catch(error => {
          throw new Error(`died ${when} call ${call}, a ${method}`, { cause: error })
        })
      }
    },
  )

  it('leaves every record exactly once when one process after another dies', async () => {
    const point = fc.record({ call: fc.nat({ max: 25 }), when: fc.constantFrom('before', 'after', 'torn') })
    await fc.assert(
      fc.asyncProperty(fc.array(point, { minLength: 2, maxLength: 6 }), async points => {
        await runWithCrashes(format, points as CrashPoint[])
      }),
      { numRuns: 25 },
    )
  })
})

it('removes what a request that came twice has stored again under a temporary name', async () => {
  const world = await makeWorld()
  try {
    const { lake } = world
    await world.archive(world.newWriter(lake), log, PER_SEGMENT)
    for await (const { files } of readManifests(lake, TOPIC, PARTITION))
      for (const { path, temporaryPath } of files) await lake.write(temporaryPath, await lake.read(path))
    expect((await lake.list(temporaryFolder(TOPIC, PARTITION))).length).toBeGreaterThan(3)
    await world.newWriter(lake).open(null)
    expect(await lake.list(temporaryFolder(TOPIC, PARTITION))).toEqual([])
    await expectExactlyOnce(world, log)
  } finally {
    await world.remove()
  }
})

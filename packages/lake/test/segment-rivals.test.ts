import { lakeFormats } from '@millrace/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Lake, lakeError } from '../src/index.ts'
import { wrapLake } from './faulty-lake.ts'
import { Crash, expectExactlyOnce, makeLog, makeReader, makeWorld } from './lake-world.ts'

const log = makeLog(18)

describe('segment writers of one partition', () => {
  it('store every record exactly once together, however their calls interleave', async () => {
    let lost = 0
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(
          fc.record({
            perSegment: fc.integer({ min: 1, max: 15 }),
            diesAt: fc.option(fc.nat({ max: 40 }), { freq: 3 }),
          }),
          {
            minLength: 2,
            maxLength: 4,
          },
        ),
        async (scheduler, plans) => {
          const world = await makeWorld()
          try {
            const look = makeReader(world)
            const writers = plans.map(async ({ perSegment, diesAt }, index) => {
              let calls = 0
              const lake = wrapLake(world.lake, async (method, _args, call) => {
                if (diesAt !== null && calls++ >= diesAt) throw new Crash('dead')
                await scheduler.schedule(Promise.resolve(), `${index} ${method}`)
                const result = await call()
                await look()
                return result
              })
              const writer = world.newWriter(lake, { lost: () => void lost++ })
              await world.archive(writer, log, perSegment).catch(error => {
                if (!(error instanceof Crash)) throw error
              })
            })
            await scheduler.waitFor(Promise.all(writers))
            await world.archive(world.newWriter(world.lake), log, 10)
            await look()
            await expectExactlyOnce(world, log)
          } finally {
            await world.remove()
          }
        },
      ),
      { numRuns: 20 },
    )
    expect(lost).toBeGreaterThan(3)
  })

  it.each(lakeFormats)('keep what is theirs behind the range of the faster one (%s)', async format => {
    const world = await makeWorld(undefined, format)
    try {
      const [slow, fast] = [world.newWriter(world.lake), world.newWriter(world.lake)]
      await slow.open(null)
      await world.archive(fast, log.slice(0, 9), 9)
      for (const record of log.slice(0, 17)) slow.add(world.rowOf(record))
      await slow.commit()
      const manifests = await expectExactlyOnce(world, log.slice(0, 17))
      expect(manifests.map(({ firstOffset, lastOffset, writerId }) => [firstOffset, lastOffset, writerId])).toEqual([
        [0, 8, fast.writerId],
        [9, 16, slow.writerId],
      ])
      const times = log.slice(9, 17).flatMap(record => (record.eventTimeMs === 0 ? [] : [record.eventTimeMs]))
      expect(manifests[1]).toMatchObject({
        eventTimeFrom: new Date(Math.min(...times)).toISOString(),
        eventTimeTo: new Date(Math.max(...times)).toISOString(),
      })
    } finally {
      await world.remove()
    }
  })

  it('leave the temporary files of one that has not claimed its range yet', async () => {
    const world = await makeWorld()
    try {
      const other = world.newWriter(world.lake)
      let isOpened = false
      const lake = wrapLake(world.lake, async (method, _args, call) => {
        // The first rename is the claim: the data files are uploaded by then.
        if (method === 'rename' && !isOpened) {
          isOpened = true
          await other.open(null)
        }
        return call()
      })
      await world.archive(world.newWriter(lake), log, log.length)
      await other.abandon()
      expect(isOpened).toBe(true)
      expect(await expectExactlyOnce(world, log)).toHaveLength(1)
    } finally {
      await world.remove()
    }
  })
})

describe('segment writer whose calls fail and are made again', () => {
  /** Each call may fail before or after it was done, as when an answer is lost. */
  const flaky = (inner: Lake, fate: () => 'works' | 'fails' | 'unanswered'): Lake =>
    wrapLake(inner, async (_method, _args, call) => {
      const outcome = fate()
      const failed = lakeError('lake_timeout', { where: 'test', operation: 'call', path: 'p', timeoutMs: 1 })
      if (outcome === 'fails') throw failed
      const result = await call()
      if (outcome === 'unanswered') throw failed
      return result
    })

  it('stores every record exactly once', async () => {
    const fates = fc.infiniteStream(fc.constantFrom('works', 'works', 'works', 'fails', 'unanswered'))
    await fc.assert(
      fc.asyncProperty(fates, fc.integer({ min: 1, max: 12 }), async (stream, perSegment) => {
        const world = await makeWorld()
        try {
          const writer = world.newWriter(flaky(world.lake, () => stream.next().value as 'works'))
          const again = async (work: () => Promise<void>): Promise<void> => {
            for (let attempt = 0; ; attempt++) {
              try {
                return await work()
              } catch (error) {
                if ((error as { code?: string }).code !== 'lake_timeout' || attempt > 200) throw error
              }
            }
          }
          await again(() => writer.open(null))
          for (const { offset, eventTimeMs, event } of log) {
            writer.add({ offset, eventTimeMs, period: 'quarantine', line: JSON.stringify(event) })
            if (writer.rows >= perSegment) await again(() => writer.commit())
          }
          await again(() => writer.commit())
          await expectExactlyOnce(world, log)
        } finally {
          await world.remove()
        }
      }),
      { numRuns: 20 },
    )
  })
})

import { ManualClock } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { silentLogger, text } from '../../../test/log-driver.ts'
import type { FetchedBatch, TopicPartition } from '../client-library.ts'
import { ClientError } from '../kafka-errors.ts'
import { FetchLoop } from './fetch-loop.ts'
import { encodeBatch } from './record-batch.ts'
import type { FetchAnswer, FetchLimits, FetchPosition } from './record-requests.ts'

const only = (partition: number): TopicPartition => ({ topic: 't', partition })

interface Asked {
  readonly broker: number
  readonly waitMs: number
  readonly positions: readonly string[]
  readonly answer: (...answers: readonly FetchAnswer[]) => Promise<void>
  readonly fail: (facts: ConstructorParameters<typeof ClientError>[1]) => Promise<void>
}

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Brokers whose answers the test gives, and a caller that takes a batch when the test says. */
function setUp({ leaders = [1, 1] }: { leaders?: readonly number[] } = {}) {
  const clock = new ManualClock()
  const asked: Asked[] = []
  const offered: { readonly batch: FetchedBatch; readonly release: () => Promise<void> }[] = []
  const failures: unknown[] = []
  let known: readonly number[] = leaders
  let learnt = 0
  const cluster = {
    ask: (broker: number, _api: unknown, limits: FetchLimits | number, positions: readonly FetchPosition[]) => {
      // The earliest offset of a partition.
      if (typeof limits === 'number') return Promise.resolve({ topics: [{ partitions: [{ offset: 50n }] }] })
      return new Promise((resolve, reject) => {
        asked.push({
          broker,
          waitMs: limits.maxWaitMs,
          positions: positions.map(({ partition, offset }) => `${partition}@${offset}`),
          answer: (...answers) => {
            resolve(answers)
            return settle()
          },
          fail: facts => {
            reject(new ClientError('no', facts))
            return settle()
          },
        })
      })
    },
    knownLeader: (_topic: string, partition: number) => known[partition],
    learn: async () => {
      learnt++
      known = leaders
    },
    forget: () => {
      known = []
    },
  } as unknown as ConstructorParameters<typeof FetchLoop>[0]['cluster']
  const loop = new FetchLoop({
    cluster,
    clock,
    logger: silentLogger,
    maxBatchBytes: 1_000,
    onBatch: batch =>
      new Promise(resolve => {
        offered.push({
          batch,
          release: () => {
            resolve()
            return settle()
          },
        })
      }),
    onFailed: error => void failures.push(error),
  })
  const begin = async (...partitions: readonly number[]): Promise<void> => {
    loop.assign(partitions.map(only))
    for (const partition of partitions) loop.seek(only(partition), 0)
    loop.resume(partitions.map(only))
    await settle()
  }
  return { clock, loop, asked, offered, failures, begin, learnt: () => learnt }
}

async function answerOf(partition: number, offset: number, count: number): Promise<FetchAnswer> {
  const records = Array.from({ length: count }, () => ({ key: text('k'), value: text('v'), timestampMs: 0 }))
  const identity = { producerId: -1n, producerEpoch: -1, sequence: -1 }
  const bytes = count === 0 ? Buffer.alloc(0) : await encodeBatch(records, { ...identity, compression: 'none' })
  if (count > 0) bytes.writeBigInt64BE(BigInt(offset), 0)
  return { topic: 't', partition, errorCode: 0, end: 100, aborted: [], bytes }
}
const refused = async (partition: number, errorCode: number): Promise<FetchAnswer> => ({
  ...(await answerOf(partition, 0, 0)),
  errorCode,
})
const NOT_LEADER = 6
const OUT_OF_RANGE = 1
const NOT_ALLOWED = 29

describe('the fetch loop', () => {
  it('asks for nothing before it was told where, nor while it is paused', async () => {
    const { loop, asked } = setUp()
    loop.assign([only(0)])
    loop.resume([only(0)])
    await settle()
    loop.pause([only(0)])
    loop.seek(only(0), 7)
    await settle()
    expect(asked).toEqual([])
    loop.resume([only(0)])
    await settle()
    expect(asked.map(({ positions }) => positions)).toEqual([['0@7']])
    loop.close()
  })

  it('asks each broker once for all that it leads, and goes on behind what was taken', async () => {
    const { loop, asked, offered, begin } = setUp({ leaders: [1, 2, 1] })
    await begin(0, 1, 2)
    expect(asked.map(({ broker, positions }) => [broker, positions])).toEqual([
      [1, ['0@0', '2@0']],
      [2, ['1@0']],
    ])
    await asked[0]!.answer(await answerOf(0, 0, 3), await answerOf(2, 0, 0))
    expect(offered.map(({ batch }) => [batch.partition, batch.fetchedFrom, batch.end])).toEqual([[0, 0, 100]])
    expect(offered[0]!.batch.recordsFrom(1).map(({ offset }) => offset)).toEqual([1, 2])
    // The one that was not taken is left out; since it may be soon, the broker is not to hold the others back for long.
    expect(asked[2]).toMatchObject({ broker: 1, positions: ['2@0'], waitMs: 50 })
    offered[0]!.batch.moveOn()
    await offered[0]!.release()
    await asked[2]!.answer(await answerOf(2, 0, 0))
    expect(asked[3]).toMatchObject({ positions: ['0@3', '2@0'], waitMs: 250 })
    loop.close()
  })

  it('keeps what was let go because of a pause, and offers it again after it', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0, 1)
    await asked[0]!.answer(await answerOf(0, 0, 3), await answerOf(1, 0, 0))
    loop.pause([only(0)])
    await offered[0]!.release()
    // The paused one may go on soon.
    await asked[1]!.answer(await answerOf(1, 0, 0))
    expect(asked[2]).toMatchObject({ positions: ['1@0'], waitMs: 50 })
    loop.resume([only(0)])
    await settle()
    expect(offered.map(({ batch }) => batch.fetchedFrom)).toEqual([0, 0])
    expect(offered[1]!.batch.recordsFrom(0).map(({ offset }) => offset)).toEqual([0, 1, 2])
    offered[1]!.batch.moveOn()
    await offered[1]!.release()
    await asked[2]!.answer(await answerOf(1, 0, 0))
    expect(asked[3]).toMatchObject({ positions: ['0@3', '1@0'], waitMs: 250 })
    loop.close()
  })

  it('offers nothing again that was taken before the pause', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0)
    await asked[0]!.answer(await answerOf(0, 0, 3))
    offered[0]!.batch.moveOn()
    loop.pause([only(0)])
    await offered[0]!.release()
    loop.resume([only(0)])
    await settle()
    expect(offered).toHaveLength(1)
    expect(asked.map(({ positions }) => positions)).toEqual([['0@0'], ['0@3']])
    loop.close()
  })

  it('keeps what comes during a pause, unless another place is sought meanwhile', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0)
    loop.pause([only(0)])
    await asked[0]!.answer(await answerOf(0, 0, 3))
    expect(offered).toEqual([])
    loop.resume([only(0)])
    await settle()
    expect(offered.map(({ batch }) => batch.fetchedFrom)).toEqual([0])
    loop.pause([only(0)])
    await offered[0]!.release()
    loop.seek(only(0), 7)
    loop.resume([only(0)])
    await settle()
    expect(offered).toHaveLength(1)
    expect(asked.map(({ positions }) => positions)).toEqual([['0@0'], ['0@7']])
    loop.close()
  })

  it('asks again from the same place for what was not taken', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0)
    await asked[0]!.answer(await answerOf(0, 0, 3))
    await offered[0]!.release()
    expect(asked.at(-1)!.positions).toEqual(['0@0'])
    loop.close()
  })

  it('drops what was asked for before a seek, and takes no word of it afterwards', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0)
    await asked[0]!.answer(await answerOf(0, 0, 3))
    loop.seek(only(0), 40)
    expect(offered[0]!.batch.isStale()).toBe(true)
    offered[0]!.batch.moveOn()
    await offered[0]!.release()
    expect(asked.at(-1)!.positions).toEqual(['0@40'])
    loop.seek(only(0), 60)
    await asked.at(-1)!.answer(await answerOf(0, 40, 1))
    expect(offered).toHaveLength(1)
    expect(asked.at(-1)!.positions).toEqual(['0@60'])
    loop.close()
  })

  it('offers nothing of a partition that is another’s by now, though it was asked for', async () => {
    const { loop, asked, offered, begin } = setUp()
    await begin(0, 1)
    await begin(1)
    await asked[0]!.answer(await answerOf(0, 0, 1), await answerOf(1, 0, 1))
    expect(offered).toEqual([])
    expect(asked.at(-1)!.positions).toEqual(['1@0'])
    loop.close()
  })

  it('goes on with what is left when the log no longer has what comes next', async () => {
    const { loop, asked, begin } = setUp()
    await begin(0)
    await asked[0]!.answer(await refused(0, OUT_OF_RANGE))
    expect(asked.at(-1)!.positions).toEqual(['0@50'])
    loop.close()
  })

  it('asks who leads a partition when its leader says that it does not, after a back-off', async () => {
    const { clock, loop, asked, offered, begin, learnt, failures } = setUp()
    await begin(0, 1)
    await asked[0]!.answer(await refused(0, NOT_LEADER), await answerOf(1, 0, 1))
    expect(offered.map(({ batch }) => batch.partition)).toEqual([1])
    expect(learnt()).toBe(0)
    await clock.advance(200)
    expect(learnt()).toBe(1)
    expect(asked.at(-1)!.positions).toEqual(['0@0'])
    expect(failures).toEqual([])
    loop.close()
  })

  it('tries again when a broker is away, and gives up when it is told no', async () => {
    const { clock, loop, asked, begin, failures } = setUp()
    await begin(0)
    await asked[0]!.fail({ isPassing: true })
    await clock.advance(200)
    expect(asked).toHaveLength(2)
    expect(failures).toEqual([])
    await asked[1]!.answer(await refused(0, NOT_ALLOWED))
    expect(failures).toMatchObject([{ facts: { type: 'TOPIC_AUTHORIZATION_FAILED' } }])
    loop.close()
  })

  it('asks for nothing any more when it is closed', async () => {
    const { clock, loop, asked, offered, begin } = setUp()
    await begin(0)
    loop.close()
    await asked[0]!.answer(await answerOf(0, 0, 3))
    await clock.advance(1_000)
    expect(offered).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

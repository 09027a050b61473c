import type { EachBatchPayload } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { PartitionDelivery } from './partition-delivery.ts'

/** A fetched batch with the given offsets, and what was resolved of it. */
function fetched(fetchedOffset: number, offsets: readonly number[], { isStale = false } = {}) {
  const resolved: string[] = []
  const messages = offsets.map(offset => ({
    offset: String(offset),
    timestamp: '5',
    key: Buffer.from('k'),
    value: Buffer.from(`v${offset}`),
    headers: {},
    attributes: 0,
  }))
  const payload = {
    batch: { topic: 't', partition: 0, highWatermark: '100', messages, fetchedOffset: String(fetchedOffset) },
    resolveOffset: (offset: string) => void resolved.push(offset),
    isStale: () => isStale,
  } as unknown as EachBatchPayload
  return { payload, resolved }
}

const nothing = (): void => {}
const offsetsOf = (delivery: PartitionDelivery): number[] => {
  const event = delivery.take()
  return event.type === 'records' ? event.records.map(record => record.offset) : []
}

describe('the delivery of a partition', () => {
  it('takes nothing before it was started, nor while it is paused', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    expect(await delivery.offer(fetched(0, [0]).payload, nothing)).toBe('done')
    expect(delivery.hasBatch).toBe(false)
    delivery.reposition(0)
    delivery.isPaused = true
    expect(await delivery.offer(fetched(0, [0]).payload, nothing)).toBe('done')
    expect(delivery.hasBatch).toBe(false)
  })

  it('holds a batch until it is taken, and only then moves on', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(3)
    const batch = fetched(3, [3, 4, 7])
    const offered = delivery.offer(batch.payload, nothing)
    expect(delivery.position).toBe(3)
    expect(batch.resolved).toEqual([])
    expect(delivery.take()).toMatchObject({ type: 'records', topic: 't', partition: 0, epoch: 1, end: 100 })
    expect(await offered).toBe('done')
    expect(delivery.position).toBe(8)
    expect(batch.resolved).toEqual(['7'])
  })

  it('fetches again what was dropped', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    const batch = fetched(0, [0, 1])
    const offered = delivery.offer(batch.payload, nothing)
    delivery.drop()
    expect(await offered).toBe('done')
    expect(batch.resolved).toEqual([])
    expect(delivery.position).toBe(0)
    void delivery.offer(fetched(0, [0, 1]).payload, nothing)
    expect(offsetsOf(delivery)).toEqual([0, 1])
  })

  it('hands the error of a lost membership on to kafkajs', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    const offered = delivery.offer(fetched(0, [0]).payload, nothing)
    const rejected = expect(offered).rejects.toThrow('rebalancing')
    delivery.drop(new Error('rebalancing'))
    await rejected
    expect(delivery.hasBatch).toBe(false)
  })

  it('drops a batch that was fetched before it was repositioned, in both directions', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    for (const [from, stray] of [
      [10, 50],
      [50, 10],
    ] as const) {
      delivery.reposition(from)
      expect(await delivery.offer(fetched(stray, [stray, stray + 1]).payload, nothing)).toBe('seek')
      expect(delivery.hasBatch).toBe(false)
      void delivery.offer(fetched(from, [from, from + 1]).payload, nothing)
      expect(offsetsOf(delivery)).toEqual([from, from + 1])
    }
  })

  it('goes on with what is left when the log no longer has where it was to start', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(10)
    expect(await delivery.offer(fetched(50, [50]).payload, nothing)).toBe('seek')
    void delivery.offer(fetched(50, [50]).payload, nothing)
    expect(offsetsOf(delivery)).toEqual([50])
  })

  it('delivers no record twice when a fetch begins before the position', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    void delivery.offer(fetched(0, [0, 1, 2]).payload, nothing)
    offsetsOf(delivery)
    void delivery.offer(fetched(1, [1, 2, 3]).payload, nothing)
    expect(offsetsOf(delivery)).toEqual([3])
    const old = fetched(1, [1, 2])
    expect(await delivery.offer(old.payload, nothing)).toBe('done')
    expect(old.resolved).toEqual(['2'])
    expect(delivery.hasBatch).toBe(false)
  })
})

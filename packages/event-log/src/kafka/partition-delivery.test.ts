import { describe, expect, it } from 'vitest'
import type { FetchedBatch } from './client-library.ts'
import { PartitionDelivery } from './partition-delivery.ts'

/** A fetched batch with the given offsets, and whether it was moved on from. */
function fetched(fetchedFrom: number, offsets: readonly number[], { isStale = false } = {}) {
  const moved: number[] = []
  const records = offsets.map(offset => ({
    topic: 't',
    partition: 0,
    offset,
    key: Buffer.from('k'),
    value: Buffer.from(`v${offset}`),
    timestampMs: 5,
  }))
  const batch: FetchedBatch = {
    topic: 't',
    partition: 0,
    fetchedFrom,
    end: 100,
    recordsFrom: from => records.filter(record => record.offset >= from),
    isStale: () => isStale,
    moveOn: () => void moved.push(offsets.at(-1)!),
  }
  return { batch, moved }
}

const nothing = (): void => {}
const offsetsOf = (delivery: PartitionDelivery): number[] => {
  const event = delivery.take()
  return event.type === 'records' ? event.records.map(record => record.offset) : []
}

describe('the delivery of a partition', () => {
  it('takes nothing before it was started, nor while it is paused', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    expect(await delivery.offer(fetched(0, [0]).batch, nothing)).toBe('done')
    expect(delivery.hasBatch).toBe(false)
    delivery.reposition(0)
    delivery.isPaused = true
    expect(await delivery.offer(fetched(0, [0]).batch, nothing)).toBe('done')
    expect(delivery.hasBatch).toBe(false)
  })

  it('holds a batch until it is taken, and only then moves on', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(3)
    const batch = fetched(3, [3, 4, 7])
    const offered = delivery.offer(batch.batch, nothing)
    expect(delivery.position).toBe(3)
    expect(batch.moved).toEqual([])
    expect(delivery.take()).toMatchObject({ type: 'records', topic: 't', partition: 0, epoch: 1, end: 100 })
    expect(await offered).toBe('done')
    expect(delivery.position).toBe(8)
    expect(batch.moved).toEqual([7])
  })

  it('fetches again what was dropped', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    const batch = fetched(0, [0, 1])
    const offered = delivery.offer(batch.batch, nothing)
    delivery.drop()
    expect(await offered).toBe('done')
    expect(batch.moved).toEqual([])
    expect(delivery.position).toBe(0)
    void delivery.offer(fetched(0, [0, 1]).batch, nothing)
    expect(offsetsOf(delivery)).toEqual([0, 1])
  })

  it('hands the error of a lost membership on', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    const offered = delivery.offer(fetched(0, [0]).batch, nothing)
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
      expect(await delivery.offer(fetched(stray, [stray, stray + 1]).batch, nothing)).toBe('seek')
      expect(delivery.hasBatch).toBe(false)
      void delivery.offer(fetched(from, [from, from + 1]).batch, nothing)
      expect(offsetsOf(delivery)).toEqual([from, from + 1])
    }
  })

  it('goes on with what is left when the log no longer has where it was to start', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(10)
    expect(await delivery.offer(fetched(50, [50]).batch, nothing)).toBe('seek')
    void delivery.offer(fetched(50, [50]).batch, nothing)
    expect(offsetsOf(delivery)).toEqual([50])
  })

  it('delivers no record twice when a fetch begins before the position', async () => {
    const delivery = new PartitionDelivery('t', 0, 1)
    delivery.reposition(0)
    void delivery.offer(fetched(0, [0, 1, 2]).batch, nothing)
    offsetsOf(delivery)
    void delivery.offer(fetched(1, [1, 2, 3]).batch, nothing)
    expect(offsetsOf(delivery)).toEqual([3])
    const old = fetched(1, [1, 2])
    expect(await delivery.offer(old.batch, nothing)).toBe('done')
    expect(old.moved).toEqual([2])
    expect(delivery.hasBatch).toBe(false)
  })
})

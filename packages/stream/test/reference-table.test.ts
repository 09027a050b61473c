import { defineTopic, keyField } from '@millrace/contracts'
import { type LogReader, type LogRecord, logError } from '@millrace/event-log'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ReferenceTable } from '../src/index.ts'
import { away } from './support.ts'

const topic = defineTopic({
  name: 'test.rows',
  schema: z.looseObject({ key: z.string(), n: z.number() }),
  keyOf: keyField('key'),
  eventTimeMs: () => null,
  timeText: 'none',
  partitions: 2,
  cleanup: 'compact',
  why: 'Rows.',
})

/** A log of one topic in memory. */
function createRows() {
  const partitions: LogRecord[][] = [[], []]
  const box: { fails: Error | null; gives: number } = { fails: null, gives: Number.POSITIVE_INFINITY }
  const log: LogReader = {
    range: async () => {
      if (box.fails) throw box.fails
      return partitions.map((records, partition) => ({ partition, earliest: 0, end: records.length }))
    },
    async *read(_, partition, from, to) {
      yield partitions[partition]!.slice(from, Math.min(to, from + box.gives))
    },
    close: async () => {},
  }
  const put = (partition: number, key: string, value: string) => {
    const offset = partitions[partition]!.length
    partitions[partition]!.push({
      ...{ topic: topic.name, partition, offset, timestampMs: 0 },
      ...{ key: Buffer.from(key), value: Buffer.from(value) },
    })
  }
  return { box, put, table: new ReferenceTable(topic, log) }
}

describe('a reference table', () => {
  it('holds the newest row of each key with its position, and knows how far it has read', async () => {
    const { put, table } = createRows()
    put(0, 'a', '{"key":"a","n":1}')
    put(0, 'a', '{"key":"a","n":2}')
    put(1, 'b', '{"key":"b","n":3}')
    await table.refresh()
    expect(table.get('a')).toEqual({ row: { key: 'a', n: 2 }, partition: 0, offset: 1 })
    expect(table.get('b')).toEqual({ row: { key: 'b', n: 3 }, partition: 1, offset: 0 })
    expect(table.positions).toEqual([2, 1])
  })

  it('loses the row of a key without a value, and keeps a row when a record cannot be read', async () => {
    const { put, table } = createRows()
    for (const key of ['a', 'b']) put(0, key, `{"key":"${key}","n":1}`)
    await table.refresh()
    put(0, 'a', '')
    put(0, 'b', 'not json')
    put(0, 'b', '{"key":"b"}')
    await table.refresh()
    expect([table.get('a'), table.get('b')?.offset]).toEqual([undefined, 1])
  })

  it('tells who listens of each row that it reads', async () => {
    const { put, table } = createRows()
    put(0, 'a', '{"key":"a","n":1}')
    await table.refresh()
    const heard: string[] = []
    const unlisten = table.onRow(key => heard.push(key))
    put(0, 'b', '{"key":"b","n":1}')
    await table.refresh()
    unlisten()
    put(0, 'c', '{"key":"c","n":1}')
    await table.refresh()
    expect(heard).toEqual(['b'])
  })

  it('reads the next time what a reading that ended early did not give', async () => {
    const { box, put, table } = createRows()
    for (const key of ['a', 'b', 'c']) put(0, key, `{"key":"${key}","n":1}`)
    box.gives = 1
    await table.refresh()
    expect(table.positions).toEqual([1, 0])
    box.gives = Number.POSITIVE_INFINITY
    await table.refresh()
    expect([table.get('b')?.row.n, table.get('c')?.row.n, table.positions]).toEqual([1, 1, [3, 0]])
  })

  it('goes on after a reading that failed', async () => {
    const { box, put, table } = createRows()
    put(0, 'a', '{"key":"a","n":1}')
    box.fails = away()
    const [failed, missing] = [table.refresh(), table.refresh()]
    await expect(failed).rejects.toMatchObject({ code: 'log_unavailable' })
    await expect(missing).rejects.toMatchObject({ code: 'log_unavailable' })
    box.fails = logError('unknown_topic', { topic: topic.name })
    await expect(table.refresh()).rejects.toMatchObject({ code: 'topics_missing' })
    box.fails = null
    await table.refresh()
    expect(table.get('a')?.row.n).toBe(1)
  })
})

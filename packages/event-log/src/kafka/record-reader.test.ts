import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { silentLogger } from '../../test/log-driver.ts'
import type { LogRecord } from '../event-log.ts'
import type { ClientLibrary, ConnectedAdmin, Fetcher } from './client-library.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { settingsOf } from './kafka-options.ts'
import { RecordReader } from './record-reader.ts'

it('has one connection for readers that begin together, and closes it', async () => {
  const clock = new ManualClock()
  const settings = settingsOf({ brokers: ['127.0.0.1:1'], clientId: 'test', clock, logger: silentLogger })
  const open = new Set<Fetcher>()
  let made = 0
  const library: Partial<ClientLibrary> = {
    createFetcher: () => {
      made++
      const fetcher: Fetcher = {
        fetch: async () => {
          open.add(fetcher)
          return { next: 1, between: () => [] }
        },
        disconnect: async () => void open.delete(fetcher),
      }
      return fetcher
    },
  }
  const ranges = [0, 1, 2].map(partition => ({ partition, earliest: 0, end: 1 }))
  const connected: Partial<ConnectedAdmin> = {
    partitionCounts: async () => new Map([['t', ranges.length]]),
    ranges: async () => ranges,
  }
  const admin = new KafkaAdmin(settings, async () => connected as ConnectedAdmin)
  const loaded = Promise.withResolvers<ClientLibrary>()
  const reader = new RecordReader(settings, admin, () => loaded.promise)
  const reading = ranges.map(async ({ partition }) => {
    for await (const records of reader.read('t', partition, { from: 0, to: 1 })) expect(records).toEqual([])
  })
  for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
  loaded.resolve(library as ClientLibrary)
  await Promise.all(reading)
  expect({ made, open: open.size }).toEqual({ made: 1, open: 1 })
  await reader.close()
  expect(open.size).toBe(0)
})

/** A reader of one partition with three records, whose broker refuses an offset so often. */
function readerOf(refusals: number) {
  const clock = new ManualClock()
  const settings = settingsOf({ brokers: ['127.0.0.1:1'], clientId: 'test', clock, logger: silentLogger })
  const records = [0, 1, 2].map(
    (offset): LogRecord => ({
      ...{ topic: 't', partition: 0, offset, timestampMs: 0 },
      ...{ key: Buffer.from('k'), value: Buffer.from(String(offset)) },
    }),
  )
  let left = refusals
  const library: Partial<ClientLibrary> = {
    createFetcher: () => ({
      fetch: async (_, from) =>
        left-- > 0 ? 'gone' : { next: 3, between: (first, to) => records.slice(Math.max(from, first), to) },
      disconnect: async () => {},
    }),
  }
  const connected: Partial<ConnectedAdmin> = {
    partitionCounts: async () => new Map([['t', 1]]),
    ranges: async () => [{ partition: 0, earliest: 0, end: 3 }],
  }
  const admin = new KafkaAdmin(settings, async () => connected as ConnectedAdmin)
  const reader = new RecordReader(settings, admin, async () => library as ClientLibrary)
  async function read(): Promise<number[]> {
    const offsets: number[] = []
    for await (const batch of reader.read('t', 0, { from: 1, to: 3 }))
      offsets.push(...batch.map(({ offset }) => offset))
    return offsets
  }
  return async (): Promise<number[]> => {
    let isDone = false
    const reading = read().finally(() => {
      isDone = true
    })
    reading.catch(() => {})
    while (!isDone) await clock.advance(250)
    return reading
  }
}

it('asks again where a broker refuses an offset that the log has', async () => {
  expect(await readerOf(3)()).toEqual([1, 2])
})

it('does not read less than the log has in silence', async () => {
  await expect(readerOf(1_000)()).rejects.toMatchObject({ code: 'log_unavailable', retryable: true })
})

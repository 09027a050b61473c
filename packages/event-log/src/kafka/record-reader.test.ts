import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { silentLogger } from '../../test/log-driver.ts'
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

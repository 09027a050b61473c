import { randomUUID } from 'node:crypto'
import { systemClock } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'
import { createKafkaEventLog, type KafkaClientName } from '../src/index.ts'
import { silentLogger } from './log-driver.ts'

const PARTITIONS = 6
const sockets = (): number => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length

describeOnStack('a Kafka event log that is closed', ['kafka'], ({ kafka }) => {
  it.each<KafkaClientName>(['platformatic', 'kafkajs'])(
    'leaves no connection of readers that began together: %s',
    async client => {
      const before = sockets()
      const log = createKafkaEventLog({
        ...{ brokers: kafka.brokers, clientId: 'closed', clock: systemClock, logger: silentLogger, client },
      })
      const topic = `closed-${randomUUID().slice(0, 8)}`
      await log.ensureTopics([
        { name: topic, partitions: PARTITIONS, retentionMs: 3_600_000, cleanup: 'delete', maxMessageBytes: 1 << 20 },
      ])
      const producer = await log.producer({ clientId: 'closed' })
      const records = Array.from({ length: 60 }, (_, n) => ({
        ...{ key: Buffer.from(`key-${n}`), value: Buffer.from(`${n}`), timestampMs: systemClock.now() },
      }))
      expect((await producer.append(topic, records, { deadlineMs: 60_000 })).filter(({ ok }) => !ok)).toEqual([])
      const read = async ({ partition, end }: { partition: number; end: number }): Promise<number> => {
        let count = 0
        for await (const batch of log.read(topic, partition, 0, end)) count += batch.length
        return count
      }
      const counts = await Promise.all((await log.range(topic)).map(read))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(records.length)
      await log.close()
      await waitUntil(() => sockets() <= before, { what: 'every connection to be closed', deadlineMs: 60_000 })
    },
  )
})

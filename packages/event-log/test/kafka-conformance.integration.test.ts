import { randomUUID } from 'node:crypto'
import { systemClock } from '@millrace/runtime'
import { describeOnStack } from '@millrace/testing/vitest'
import { describe } from 'vitest'
import { createKafkaEventLog, kafkaClients } from '../src/index.ts'
import { describeEventLog } from './conformance.ts'
import { silentLogger } from './log-driver.ts'

describeOnStack('on real servers', ['kafka'], ({ kafka }) => {
  describe.each(kafkaClients)('by %s', client => {
    describeEventLog('kafka', async () => {
      const run = randomUUID().slice(0, 8)
      const maxInFlightBytes = 8 << 20
      const log = createKafkaEventLog({
        brokers: kafka.brokers,
        client,
        clientId: 'conformance',
        clock: systemClock,
        logger: silentLogger,
        maxInFlightBytes,
        requestTimeoutMs: 60_000,
      })
      return {
        log,
        maxInFlightBytes,
        // The shortest that brokers allow by default.
        shortestSessionMs: 6_000,
        unique: name => `${name}-${run}`,
        close: () => log.close(),
      }
    })
  })
})

import { randomUUID } from 'node:crypto'
import { createLogger, systemClock } from '@millrace/runtime'
import { describeOnStack } from '@millrace/testing/vitest'
import { createCassandraMart } from '../src/index.ts'
import { describeMart } from './conformance.ts'

describeOnStack('cassandra mart', ['cassandra'], ({ cassandra }) => {
  const keyspace = `mart_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const logger = createLogger('test', { level: 'silent' })
  const open = async () => createCassandraMart({ ...cassandra, keyspace, clock: systemClock, logger })
  describeMart('cassandra', open, { runs: 40 })
})

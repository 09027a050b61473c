import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { silentLogger } from '../../test/log-driver.ts'
import type { ConnectedAdmin } from './client-library.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { ClientError } from './kafka-errors.ts'
import { settingsOf } from './kafka-options.ts'

/** An admin client whose connections answer a list of topics in this way. */
function adminOf(partitionCounts: ConnectedAdmin['partitionCounts']) {
  const clock = new ManualClock(0)
  let connections = 0
  let open = 0
  const admin = new KafkaAdmin(
    settingsOf({ brokers: ['log:9092'], clientId: 'test', clock, logger: silentLogger }),
    async () => {
      connections++
      open++
      const connected: Partial<ConnectedAdmin> = {
        partitionCounts,
        async disconnect() {
          open--
        },
      }
      return connected as ConnectedAdmin
    },
  )
  return { admin, clock, connections: () => connections, open: () => open }
}

it.each<[string, ConnectedAdmin['partitionCounts']]>([
  ['waits for an answer', () => new Promise(() => {})],
  ['waits before it asks again', () => Promise.reject(new ClientError('gone', { isPassing: true }))],
])('ends a question that %s when it is closed, and opens no connection after that', async (_, partitionCounts) => {
  const { admin, clock, connections, open } = adminOf(partitionCounts)
  const asked = admin.partitionCounts().catch(error => error.code)
  await clock.advance(1)
  await admin.close()
  expect(await asked).toBe('log_closed')
  await expect(admin.partitionCounts()).rejects.toMatchObject({ code: 'log_closed' })
  await clock.advance(60_000)
  expect({ connections: connections(), open: open() }).toEqual({ connections: 1, open: 0 })
})

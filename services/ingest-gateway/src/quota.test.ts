import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import type { ApiKey } from './keys/api-key.ts'
import { createQuotas } from './quota.ts'

const key: ApiKey = {
  ...{ id: 'test', name: 'test', hash: '', topics: [], corsOrigins: [], createdAt: '2024-01-01T00:00:00.000Z' },
  quota: { recordsPerSecond: 20 },
}

it('grants each replica its part of a quota, also for a body that takes long to read', async () => {
  const clock = new ManualClock()
  const quotas = createQuotas(clock, 2)
  expect(quotas.check(key)).toBeNull()
  await clock.advance(10_000)
  quotas.charge(key, { records: 10, bytes: 1 })
  expect(quotas.check(key)).toMatchObject({ code: 'quota_exceeded', details: { limit: 10, unit: 'records' } })
  await clock.advance(10_000)
  quotas.charge(key, { records: 30, bytes: 1 })
  expect(quotas.check(key)).toMatchObject({ code: 'quota_exceeded', retryAfterS: 2 })
})

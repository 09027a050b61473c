import { uuidV5 } from '@millrace/contracts'
import { expect, it } from 'vitest'
import { CLOUD_EVENT_NAMESPACE, IDEMPOTENCY_NAMESPACE } from './event-id.ts'

it.each([
  ['millrace:ingest', IDEMPOTENCY_NAMESPACE],
  ['millrace:cloudevents', CLOUD_EVENT_NAMESPACE],
])('the namespace of ids is the UUID v5 of "%s" in the URL namespace', (name, namespace) => {
  expect(uuidV5(name, '6ba7b811-9dad-11d1-80b4-00c04fd430c8')).toBe(namespace)
})

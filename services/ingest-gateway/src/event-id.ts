import { uuidV5 } from '@millrace/contracts'

/** Namespace of event ids that the gateway makes from an Idempotency-Key: the UUID v5 of "millrace:ingest" in the URL namespace. */
export const IDEMPOTENCY_NAMESPACE = '11040ad1-055e-54eb-b9eb-3d8ca2f1156c'

/**
 * The event id of a record that came without one, under an Idempotency-Key. The bytes are part of it: a key that is used
 * again for other records must not make them look like repetitions, for repetitions are dropped behind the gateway.
 * @param scope what a key is unique in: the API key and the topic
 * @param index of the record in its request
 */
export function idempotentEventId(scope: string, idempotencyKey: string, index: number, record: Uint8Array): string {
  const head = Buffer.from(`${scope}\n${idempotencyKey}\n${index}\n`)
  return uuidV5(Buffer.concat([head, record]), IDEMPOTENCY_NAMESPACE)
}

/** Namespace of event ids that the gateway makes from a CloudEvent: the UUID v5 of "millrace:cloudevents" in the URL namespace. */
export const CLOUD_EVENT_NAMESPACE = 'c3807f75-e7f7-51b1-a246-dcf37849db35'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The event id of a CloudEvent: its id where that is a UUID, else made of source and id, which together name an event
 * (CloudEvents 1.0, "id"), so that an event that is sent again has the same id.
 */
export const cloudEventId = (source: string, id: string): string =>
  UUID.test(id) ? id.toLowerCase() : uuidV5(JSON.stringify([source, id]), CLOUD_EVENT_NAMESPACE)

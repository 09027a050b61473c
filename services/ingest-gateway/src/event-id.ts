import { hash } from 'node:crypto'

/** Namespace of event ids that the gateway makes from an Idempotency-Key: the UUID v5 of "millrace:ingest" in the URL namespace. */
export const IDEMPOTENCY_NAMESPACE = '11040ad1-055e-54eb-b9eb-3d8ca2f1156c'

/** The UUID v5 (RFC 9562, 5.5) of `name` in `namespace`. */
export function uuidV5(name: string | Uint8Array, namespace: string): string {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex')
  const bytes = hash('sha1', Buffer.concat([space, typeof name === 'string' ? Buffer.from(name) : name]), 'buffer')
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

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

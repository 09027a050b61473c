import type { FastifyReply } from 'fastify'
import type { GatewayMetrics } from '../metrics.ts'
import type { Refusal } from '../problem.ts'
import { bodyEncodings } from '../steps/read-body.ts'
import { type Answer, problemAnswer } from '../steps/write-answer.ts'

/** Headers that belong to a code. */
export const headersOf: Partial<Record<Refusal['code'], Readonly<Record<string, string>>>> = {
  key_missing: { 'www-authenticate': 'Bearer realm="millrace"' },
  key_wrong: { 'www-authenticate': 'Bearer realm="millrace", error="invalid_token"' },
  unsupported_media_type: { 'accept-post': 'application/json, application/x-ndjson' },
  unsupported_encoding: { 'accept-encoding': bodyEncodings.join(', ') },
  request_timeout: { connection: 'close' },
  bad_request: { connection: 'close' },
}

export function sendAnswer(reply: FastifyReply, { status, contentType, body, retryAfterS }: Answer): FastifyReply {
  reply.code(status).header('content-type', contentType)
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS))
  // A connection that is kept would hold up the stop until its client leaves.
  if (!reply.server.server.listening) reply.header('connection', 'close')
  // As bytes, for the framework adds a charset to texts, and JSON has none.
  return reply.send(Buffer.from(body))
}

/** Refuses a whole request. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, metrics: GatewayMetrics): FastifyReply {
  metrics.refusals.inc({ of: 'request', code: refusal.code })
  const headers = headersOf[refusal.code]
  if (headers) reply.headers(headers)
  return sendAnswer(reply, problemAnswer(refusal))
}

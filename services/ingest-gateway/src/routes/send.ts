import type { FastifyReply } from 'fastify'
import type { GatewayMetrics } from '../metrics.ts'
import type { Refusal } from '../problem.ts'
import { type Shape, shapeOf } from '../shapes/index.ts'
import { bodyEncodings } from '../steps/read-body.ts'
import type { Answer } from '../steps/write-answer.ts'

/** Headers that belong to a refusal of requests of a shape. */
export function headersOf(code: Refusal['code'], { basic, mediaTypes }: Shape): Readonly<Record<string, string>> {
  const otherScheme = basic ? ', Basic realm="millrace"' : ''
  switch (code) {
    case 'key_missing':
      return { 'www-authenticate': `Bearer realm="millrace"${otherScheme}` }
    case 'key_wrong':
      return { 'www-authenticate': `Bearer realm="millrace", error="invalid_token"${otherScheme}` }
    case 'unsupported_media_type':
      return { 'accept-post': mediaTypes }
    case 'unsupported_encoding':
      return { 'accept-encoding': bodyEncodings.join(', ') }
    case 'request_timeout':
    case 'bad_request':
      return { connection: 'close' }
    default:
      return {}
  }
}

export function sendAnswer(reply: FastifyReply, { status, contentType, body, retryAfterS }: Answer): FastifyReply {
  reply.code(status).header('content-type', contentType)
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS))
  // A connection that is kept would hold up the stop until its client leaves.
  if (!reply.server.server.listening) reply.header('connection', 'close')
  // As bytes, for the framework adds a charset to texts, and JSON has none.
  return reply.send(Buffer.from(body))
}

/** Refuses a whole request, in the form of the shape that its path belongs to. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, metrics: GatewayMetrics): FastifyReply {
  metrics.refusals.inc({ of: 'request', code: refusal.code })
  const shape = shapeOf(reply.request.url)
  return sendAnswer(reply.headers(headersOf(refusal.code, shape)), shape.refuse(refusal, reply.request.headers))
}

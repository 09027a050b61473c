import type { FastifyInstance } from 'fastify'
import type { KeyRing } from './keys/api-key.ts'

const ALLOWED_HEADERS = 'authorization, content-type, content-encoding, idempotency-key, prefer, traceparent'

/**
 * Answers browsers: a page of an origin that any live key allows may ask and may read the answer, errors included.
 * Whether the key that it then sends allows the origin is decided with the request itself.
 */
export function registerCors(server: FastifyInstance, keys: KeyRing): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin !== undefined && request.url.startsWith('/v1/')) {
      reply.header('vary', 'Origin')
      if (keys.allowsOrigin(origin))
        reply.headers({
          'access-control-allow-origin': origin,
          'access-control-expose-headers': 'retry-after, preference-applied',
        })
    }
    done()
  })
  server.options('/v1/events/*', (request, reply) => {
    const { origin } = request.headers
    if (origin !== undefined && keys.allowsOrigin(origin))
      reply.headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': ALLOWED_HEADERS,
        'access-control-max-age': '600',
      })
    return reply.code(204).header('allow', 'POST, OPTIONS').send()
  })
}

import { KEY_PARAMETER } from '@millrace/contracts/browser-requests'
import type { FastifyInstance } from 'fastify'
import type { KeyRing } from './keys/api-key.ts'
import { queryOf } from './query.ts'
import { foreignShapes, pathOf } from './shapes/index.ts'

const ALLOWED_HEADERS =
  'authorization, content-type, content-encoding, idempotency-key, prefer, traceparent, ce-specversion, ce-type, ce-source, ce-id, ce-time, ce-subject, ce-dataschema'

/** Paths that web pages may send to. */
const preflights = ['/v1/events/*', ...foreignShapes.flatMap(({ path }) => path ?? [])]
const isIngest = (url: string): boolean => url.startsWith('/v1/') || foreignShapes.some(({ owns }) => owns(pathOf(url)))

/**
 * Answers browsers: a page of an origin that any live key allows may ask and may read the answer, errors included.
 * Whether the key that it then sends allows the origin is decided with the request itself. With a browser key in the address every page
 * may read the answer, which says nothing of others: a page whose key is revoked must learn that.
 */
export function registerCors(server: FastifyInstance, keys: KeyRing): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin !== undefined && isIngest(request.url)) {
      reply.header('vary', 'Origin')
      if (keys.allowsOrigin(origin) || queryOf(request.url).has(KEY_PARAMETER))
        reply.headers({
          'access-control-allow-origin': origin,
          'access-control-expose-headers': 'retry-after, preference-applied',
        })
    }
    done()
  })
  for (const path of preflights)
    server.options(path, (request, reply) => {
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

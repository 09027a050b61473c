import { hash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { trackerBuilds } from '@millrace/click-tracker/builds'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** The script of the tracker under an address that stays the same when the script changes. */
export const TRACKER_PATH = '/tracker/v1.js'

const integrityOf = (text: string): string => `sha384-${hash('sha384', text, 'base64')}`
const fingerprintOf = (text: string): string => hash('sha256', text).slice(0, 16)
const pinnedPathOf = (text: string): string => `/tracker/v1-${fingerprintOf(text)}.js`

/** The address of the script as it is now, which never serves another one, and its hash for the attribute `integrity`. */
export const pinnedTracker = { path: pinnedPathOf(trackerBuilds[0]), integrity: integrityOf(trackerBuilds[0]) }

/** Every address of the tracker; those of earlier releases are among them, so that pages that pin one keep working. */
export const trackerPaths: readonly string[] = [TRACKER_PATH, ...trackerBuilds.map(pinnedPathOf)]

const DAY_S = 86_400
const YEAR_S = 365 * DAY_S

/** The best of these codings that the client accepts, as its Accept-Encoding says (RFC 9110); null: none. */
export function acceptedCoding<Coding extends string>(
  header: string | undefined,
  codings: readonly Coding[],
): Coding | null {
  const refused = /;\s*q\s*=\s*0(?:\.0*)?\s*$/
  const accepted = (header ?? '')
    .toLowerCase()
    .split(',')
    .filter(part => !refused.test(part))
    .map(part => part.split(';', 1)[0]?.trim())
  return codings.find(coding => accepted.includes(coding)) ?? null
}

function serve(
  server: FastifyInstance,
  path: string,
  { text, cacheControl }: { text: string; cacheControl: string },
): void {
  const bodies = { br: brotliCompressSync(text), gzip: gzipSync(text, { level: 9 }), identity: Buffer.from(text) }
  server.get(path, (request: FastifyRequest, reply: FastifyReply) => {
    const coding = acceptedCoding(request.headers['accept-encoding'], ['br', 'gzip'])
    const tag = `"${fingerprintOf(text)}${coding === null ? '' : `-${coding}`}"`
    reply.headers({
      'cache-control': cacheControl,
      etag: tag,
      vary: 'Accept-Encoding',
      // Any page may load it with `crossorigin`, which `integrity` needs, also under Cross-Origin-Embedder-Policy.
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    })
    const known = String(request.headers['if-none-match'] ?? '')
      .split(',')
      .map(part => part.trim().replace(/^W\//, ''))
    if (known.includes(tag) || known.includes('*')) return reply.code(304).send()
    if (coding !== null) reply.header('content-encoding', coding)
    return reply.header('content-type', 'text/javascript; charset=utf-8').send(bodies[coding ?? 'identity'])
  })
}

/** Serves the tracker: under an address that may get corrections, for a day, and under one for each build, for good. */
export function registerTracker(server: FastifyInstance): void {
  const [current] = trackerBuilds
  serve(server, TRACKER_PATH, { text: current, cacheControl: `public, max-age=${DAY_S}` })
  for (const text of trackerBuilds)
    serve(server, pinnedPathOf(text), { text, cacheControl: `public, max-age=${YEAR_S}, immutable` })
}

/** What a page contains to load the tracker. @param gateway its address  @param key a browser key */
export const trackerSnippet = (gateway: string, key: string): string =>
  [
    '<script>',
    '  window.millrace = window.millrace || function () { (millrace.q = millrace.q || []).push(arguments) }',
    `  millrace('init', { endpoint: '${gateway}', key: '${key}', consent: true })`,
    '</script>',
    `<script async src="${gateway}${pinnedTracker.path}"`,
    `  integrity="${pinnedTracker.integrity}" crossorigin="anonymous"></script>`,
  ].join('\n')

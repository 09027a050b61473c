import type { Catalog } from '@millrace/contracts'
import { nearest } from '@millrace/runtime'
import type { GatewayOptions } from './options.ts'
import type { Refusal } from './problem.ts'
import { TRACKER_PATH, trackerPaths } from './routes/tracker.ts'
import { foreignShapes, pathOf, shapeOf } from './shapes/index.ts'

/** Most bytes of a request line and its headers. */
export const MAX_HEADER_BYTES = 16_384

const PAGES = ['/', '/openapi.json', '/docs', ...trackerPaths]

function methodsOf(path: string, { routes }: Catalog): string | undefined {
  if (routes.has(path)) return 'POST, OPTIONS'
  if (PAGES.includes(path)) return 'GET, HEAD'
  return foreignShapes.map(({ methodsOf: methods }) => methods(path)).find(methods => methods !== undefined)
}

/** The refusal for a path or a method that no route takes. */
export function refusalOfUnknown(
  { method, url }: { readonly method: string; readonly url: string },
  catalog: Catalog,
): { refusal: Refusal; allowed?: string } {
  const path = pathOf(url)
  const allowed = methodsOf(path, catalog)
  if (allowed) return { refusal: { code: 'method_not_allowed', details: { path, method, allowed } }, allowed }
  const { offers } = shapeOf(url)
  if (offers !== '') return { refusal: { code: 'unknown_route', details: { path }, hint: offers } }
  const known = [
    ...catalog.routes.keys(),
    ...foreignShapes.flatMap(shape => shape.path ?? []),
    '/openapi.json',
    '/docs',
    TRACKER_PATH,
  ]
  const near = nearest(path, known)
  const hint = near ? `Did you mean ${near}?` : `Known: ${known.join(', ')}.`
  return { refusal: { code: 'unknown_route', details: { path }, hint } }
}

/** The refusal for what the HTTP parser or its timeouts refuse. */
export function refusalOfClientError(
  error: NodeJS.ErrnoException & { reason?: string },
  options: GatewayOptions,
): Refusal {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { code: 'request_timeout', details: { seconds: options.requestTimeoutMs / 1000 } }
  if (error.code === 'HPE_HEADER_OVERFLOW') return { code: 'headers_too_large', details: { limit: MAX_HEADER_BYTES } }
  return { code: 'bad_request', details: { reason: (error.reason ?? error.code ?? 'unknown').toLowerCase() } }
}

export const hostMissing: Refusal = { code: 'bad_request', details: { reason: 'the header Host is missing' } }

/** The refusal of an `Expect` header that Node cannot meet. */
export const expectationFailed = (expect: string): Refusal => ({
  code: 'expectation_failed',
  details: { expect },
})

/** The answer to an unexpected error; the log has its cause under the same id. */
export const internalError = (requestId: string): Refusal => ({ code: 'internal_error', details: { requestId } })

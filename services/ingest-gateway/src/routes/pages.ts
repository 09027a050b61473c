import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Catalog } from '@millrace/contracts'
import type { FastifyInstance } from 'fastify'
import { openApiDocument } from '../openapi/document.ts'
import type { GatewayOptions } from '../options.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { TRACKER_PATH } from './tracker.ts'

/** Nothing from elsewhere: the page works without the internet. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40"><text x="0" y="29" font-family="sans-serif" font-size="28" font-weight="600" fill="#fff">Millrace</text></svg>'

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** `GET /`, the OpenAPI document and the browsable page of it. */
export function registerPages(server: FastifyInstance, catalog: Catalog, options: GatewayOptions): void {
  // Made when somebody asks for it first: it takes longer than the rest of the start.
  const document = once(() => openApiDocument(catalog, options))
  const text = once(() => JSON.stringify(document()))
  const front = JSON.stringify({
    name: 'Millrace ingest gateway',
    send: [...catalog.routes.keys()].map(path => `POST ${path}`),
    openapi: '/openapi.json',
    docs: '/docs',
    tracker: TRACKER_PATH,
  })
  server.get('/', (_request, reply) => reply.header('content-type', 'application/json').send(`${front}\n`))
  server.get('/openapi.json', (_request, reply) => reply.header('content-type', 'application/json').send(text()))
  server.register(swagger, { mode: 'static', specification: { document: {} as never } })
  server.register(swaggerUi, {
    routePrefix: '/docs',
    transformSpecification: document,
    transformSpecificationClone: false,
    staticCSP: CONTENT_SECURITY_POLICY,
    logo: { type: 'image/svg+xml', content: LOGO, href: '/docs' },
    theme: {
      title: 'Millrace ingest gateway',
      js: [{ filename: 'ndjson-examples.js', content: PAGE_SCRIPT }],
    },
    uiConfig: { validatorUrl: null, deepLinking: true, tryItOutEnabled: true, persistAuthorization: false },
  })
}

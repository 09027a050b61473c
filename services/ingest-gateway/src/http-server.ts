import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Catalog } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  expectationFailed,
  hostMissing,
  internalError,
  MAX_HEADER_BYTES,
  refusalOfClientError,
  refusalOfUnknown,
} from './http-refusals.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { GatewayOptions } from './options.ts'
import type { Refusal } from './problem.ts'
import { sendRefusal } from './routes/send.ts'
import { problemAnswer } from './steps/write-answer.ts'

/** The client closed or lost its connection. */
const GONE: readonly string[] = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']

/** An HTTP server with the gateway's limits, where every error, the parser's and the framework's included, is a problem document. */
export function createHttpServer(dependencies: {
  readonly catalog: Catalog
  readonly options: GatewayOptions
  readonly metrics: () => GatewayMetrics
  readonly logger: Logger
  readonly randomId: () => string
  readonly readers: ReadonlyMap<Socket, (refusal: Refusal) => void>
}): FastifyInstance {
  const { catalog, options, metrics, logger, randomId, readers } = dependencies
  // Connections whose request was answered before all of it had come: they get no second answer when they time out.
  const answeredEarly = new WeakSet<object>()
  const server = Fastify({
    logger: false,
    // While the routers still send, a stopping gateway serves; it only answers "Connection: close".
    return503OnClosing: false,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: options.idleTimeoutMs,
    keepAliveTimeout: options.idleTimeoutMs,
    routerOptions: { ignoreTrailingSlash: true },
    http: {
      // Node would swap the two if its default for headers were the longer one.
      headersTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: options.timeoutCheckMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node would answer such a request itself, with an empty body.
      requireHostHeader: false,
    },
    frameworkErrors: (error, _request, reply) => {
      sendRefusal(reply as never, { code: 'bad_request', details: { reason: error.message.toLowerCase() } }, metrics())
    },
    clientErrorHandler(error: NodeJS.ErrnoException, socket) {
      const refusal = refusalOfClientError(error, options)
      const endReading = readers.get(socket as Socket)
      const isGone = GONE.includes(error.code ?? '')
      if (endReading) endReading(isGone ? { code: 'client_gone' } : refusal)
      if (isGone || !socket.writable) return void socket.destroy()
      if (endReading) return
      if (answeredEarly.has(socket)) return void socket.destroy()
      const { status, body, contentType } = problemAnswer(refusal)
      metrics().refusals.inc({ of: 'request', code: refusal.code })
      metrics().requests.inc({ code: status })
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      )
    },
  })
  server.server.maxConnections = options.maxConnections
  server.server.on('drop', () => metrics().connectionsDropped.inc())

  // Bodies are read by the handlers, as streams: limits, budget and decompression are theirs.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  server.addHook('onRequest', (request, reply, done) => {
    const { headers, raw } = request
    if (headers.host !== undefined || raw.httpVersion === '1.0') done()
    else sendRefusal(reply as never, hostMissing, metrics())
  })
  server.server.on('checkContinue', (request, response) => void server.server.emit('request', request, response))
  server.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const refusal = expectationFailed(String(request.headers.expect))
    const { status, body, contentType } = problemAnswer(refusal)
    metrics().refusals.inc({ of: 'request', code: refusal.code })
    metrics().requests.inc({ code: status })
    response
      .writeHead(status, {
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      })
      .end(body)
  })
  server.addHook('onResponse', (request, reply, done) => {
    metrics().requests.inc({ code: reply.statusCode })
    if (!request.raw.complete) answeredEarly.add(request.raw.socket)
    done()
  })
  server.setNotFoundHandler((request, reply) => {
    const { refusal, allowed } = refusalOfUnknown(request, catalog)
    if (allowed) reply.header('allow', allowed)
    return sendRefusal(reply, refusal, metrics())
  })
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error.statusCode === 415)
      return sendRefusal(reply, { code: 'unsupported_media_type', details: { got: 'not a media type' } }, metrics())
    if (error.statusCode !== undefined && error.statusCode < 500)
      return sendRefusal(reply, { code: 'bad_request', details: { reason: error.message.toLowerCase() } }, metrics())
    const requestId = randomId()
    logger.error({ err: error, requestId }, 'request_failed')
    return sendRefusal(reply, internalError(requestId), metrics())
  })
  return server
}

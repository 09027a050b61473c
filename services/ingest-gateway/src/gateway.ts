import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Catalog, failedEventsTopic } from '@millrace/contracts'
import type { EventLog } from '@millrace/event-log'
import {
  type Clock,
  type Component,
  type HealthRegistry,
  type Logger,
  listenAt,
  type ServiceMetrics,
} from '@millrace/runtime'
import type { FastifyInstance } from 'fastify'
import { createByteBudget } from './byte-budget.ts'
import { registerCors } from './cors.ts'
import { createHttpServer } from './http-server.ts'
import type { KeyRing } from './keys/api-key.ts'
import { createLogClient } from './log-client.ts'
import { createGatewayMetrics, createKeyLabels } from './metrics.ts'
import { createMutex } from './mutex.ts'
import { defaultOptions, type GatewayOptions } from './options.ts'
import type { Refusal } from './problem.ts'
import { createQuotas } from './quota.ts'
import { createIngestHandler } from './routes/ingest.ts'
import { registerPages } from './routes/pages.ts'
import { registerTopics } from './routes/topics.ts'
import { registerTracker } from './routes/tracker.ts'
import { eventsTarget, foreignShapes, targetOf } from './shapes/index.ts'
import { MAX_DECODER_BYTES } from './steps/read-body.ts'

export interface GatewayDependencies {
  readonly catalog: Catalog
  readonly log: EventLog
  /** Live keys; `problem` says what is wrong with their source, where it has one. */
  readonly keys: KeyRing & { readonly problem?: () => string | null }
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly health: HealthRegistry
  readonly randomId?: () => string
  readonly options?: Partial<GatewayOptions>
  /** Adds pages to those of the gateway. */
  readonly registerPages?: (server: PageServer) => void
}

/** What pages are added to. */
export type PageServer = FastifyInstance

/** Time to write an answer after its append; then a stopping gateway closes the connections that are left. */
const STOP_MARGIN_MS = 2_000
const LISTEN_SETTINGS = {
  hostSetting: 'MILLRACE_HTTP_HOST; --host on the command line',
  portSetting: 'MILLRACE_HTTP_PORT; --port on the command line',
}

/**
 * The REST gateway: HTTP in, the event log out. Starting it does not need the log: it answers 503 and is not ready until the log is there.
 * @throws ListenError from `start`; RangeError when the byte budget has no room for one largest body
 */
export function createGateway(dependencies: GatewayDependencies): Component & { readonly address: string } {
  const { catalog, log, keys, clock, logger, health, randomId = randomUUID } = dependencies
  const options = Object.freeze({ ...defaultOptions, ...dependencies.options })
  const needed = Math.max(options.maxBodyBytes, options.maxDecodedBytes) + MAX_DECODER_BYTES
  if (options.inFlightBytes < needed)
    throw new RangeError(
      `The in-flight budget of ${options.inFlightBytes} bytes has no room for one largest body: at least ${needed} are needed.`,
    )
  const budget = createByteBudget(options.inFlightBytes)
  const keyLabels = createKeyLabels()
  const quotas = createQuotas(clock, options.replicas, key => metrics.quotaRefusals.inc(keyLabels(key.id)))
  const logClient = createLogClient({
    log,
    clientId: 'ingest-gateway',
    topics: [...catalog.routes.values(), failedEventsTopic].map(({ name }) => name),
    clock,
    logger,
  })
  const readers = new Map<Socket, (refusal: Refusal) => void>()
  let connections = 0
  const metrics = createGatewayMetrics(dependencies.metrics, {
    connections: () => connections,
    keysProblem: () => keys.problem?.() ?? null,
    inFlightLimitBytes: options.inFlightBytes,
  })
  // The last part of the budget is for requests in flight: if new requests took it too, none would finish.
  const isOverloaded = (): boolean => budget.saturated || logClient.saturated
  const server = createHttpServer({ catalog, options, metrics: () => metrics, logger, randomId, readers })
  server.server.on('connection', socket => {
    connections++
    socket.once('close', () => connections--)
  })

  registerCors(server, keys)
  const largeBodies = createMutex()
  const events = { logClient, budget, quotas, metrics, keyLabels, clock, randomId, options, readers, largeBodies }
  const ingest = { ...events, admission: { catalog, keys, quotas, isOverloaded, clock } }
  for (const [path, topic] of catalog.routes) {
    const target = eventsTarget(topic)
    server.post(
      path,
      createIngestHandler(ingest, () => target),
    )
  }
  for (const shape of foreignShapes)
    if (shape.path !== null)
      server.post(
        shape.path,
        createIngestHandler(ingest, request => targetOf(shape, request)),
      )
  registerTopics(server, { catalog, keys, logClient, metrics })
  registerPages(server, catalog, options)
  dependencies.registerPages?.(server)
  registerTracker(server)

  health.addReadiness('ingest-gateway log', () => logClient.problem())
  health.addReadiness('ingest-gateway capacity', () => {
    if (budget.saturated) return `${budget.usedBytes} of ${budget.limitBytes} bytes are in flight`
    return logClient.saturated ? 'the event log stores less than is sent' : null
  })

  let address = ''
  return {
    name: 'ingest-gateway',
    get address() {
      return address
    },
    async start() {
      await logClient.start()
      const { host, port } = options
      try {
        address = await listenAt({ host, port, ...LISTEN_SETTINGS }, () => server.listen({ host, port }))
      } catch (error) {
        await Promise.allSettled([server.close(), logClient.stop()])
        throw error
      }
      logger.info({ address }, 'listening')
    },
    async stop() {
      const closed = server.close()
      const done = new AbortController()
      clock.sleep(options.ackDeadlineMs + STOP_MARGIN_MS, done.signal).then(
        () => server.server.closeAllConnections(),
        () => {},
      )
      await closed
      done.abort()
      await logClient.stop()
    },
  }
}

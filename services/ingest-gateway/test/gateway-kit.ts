import { connect } from 'node:net'
import { createCatalog, type DomainContract } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import type { EventLog } from '@millrace/event-log'
import {
  type Clock,
  createHealth,
  createLogger,
  createServiceMetrics,
  type HealthRegistry,
  type Registry,
  systemClock,
} from '@millrace/runtime'
import { onTestFinished } from 'vitest'
import { createGateway } from '../src/gateway.ts'
import { type ApiKey, createKeyRing, hashOfKey } from '../src/keys/api-key.ts'
import type { GatewayOptions } from '../src/options.ts'
import { FakeLog } from './fake-log.ts'

/** A key as clients send it, with this id. */
export const keyText = (id: string): string => `mr_${id}_${id.padEnd(43, 'x')}`

export const aKey = (id: string, more: Partial<ApiKey> = {}): ApiKey => ({
  id,
  name: id,
  hash: hashOfKey(keyText(id)),
  topics: ['lol.raw', 'lol.truth'],
  quota: {},
  corsOrigins: [],
  createdAt: '2024-01-01T00:00:00.000Z',
  ...more,
})

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests as they come
  readonly json: any
}

export interface PostOptions {
  readonly path?: string
  readonly method?: string
  readonly key?: string | null
  readonly type?: string | null
  readonly headers?: Record<string, string>
}

export interface TestGateway<L> {
  readonly url: string
  readonly port: number
  readonly log: L
  readonly health: HealthRegistry
  readonly registry: Registry
  /** Lines that were logged. */
  readonly lines: string[]
  post(body: string | Uint8Array | object | null, options?: PostOptions): Promise<Reply>
  stop(): Promise<void>
}

/** A gateway on a free port of 127.0.0.1, stopped when the test is over. */
export async function startGateway<L extends EventLog = FakeLog>(
  given: {
    readonly log?: L
    /** League of Legends unless said otherwise. */
    readonly domain?: DomainContract
    readonly keys?: readonly ApiKey[]
    readonly options?: Partial<GatewayOptions>
    readonly clock?: Clock
    /** False returns before the log has answered for the first time. */
    readonly awaitLog?: boolean
  } = {},
): Promise<TestGateway<L>> {
  const log = given.log ?? (new FakeLog() as unknown as L)
  const lines: string[] = []
  const health = createHealth()
  const metrics = createServiceMetrics('ingest-gateway', { processMetrics: false })
  const gateway = createGateway({
    catalog: createCatalog([given.domain ?? lol]),
    log,
    keys: createKeyRing(given.keys ?? [aKey('test')]),
    clock: given.clock ?? systemClock,
    logger: createLogger('ingest-gateway', { level: 'debug', destination: { write: line => void lines.push(line) } }),
    metrics,
    health,
    options: { ackDeadlineMs: 30_000, ...given.options, port: 0 },
  })
  await gateway.start()
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= gateway.stop())
  onTestFinished(stop)
  if (given.awaitLog !== false)
    await until('the gateway has asked its log', () => lines.some(line => line.includes('log_')))

  async function post(body: string | Uint8Array | object | null, options: PostOptions = {}): Promise<Reply> {
    const { path = '/v1/events/lol', method = 'POST', key = keyText('test'), type = 'application/json' } = options
    const response = await fetch(gateway.address + path, {
      method,
      headers: {
        ...(type === null ? {} : { 'content-type': type }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...options.headers,
      },
      ...(body === null
        ? {}
        : { body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined,
    }
  }
  const port = Number(new URL(gateway.address).port)
  return { url: gateway.address, port, log, health, registry: metrics.registry, lines, post, stop }
}

/** Resolves when `condition` holds; rejects with what was waited for when it does not in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadlineMs = systemClock.now() + timeoutMs
  while (!(await condition())) {
    if (systemClock.now() > deadlineMs) throw new Error(`Waited ${timeoutMs / 1_000} s, but never saw that ${what}.`)
    await systemClock.sleep(5)
  }
}

/** A TCP connection by hand: what was received so far, and whether it is closed. */
export function rawConnection(port: number) {
  const socket = connect(port, '127.0.0.1')
  const state = { received: '', closed: false }
  socket.on('data', chunk => {
    state.received += chunk.toString()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    state.closed = true
  })
  onTestFinished(() => void socket.destroy())
  return Object.assign(state, { socket })
}

let made = 0
/** A canonical event with an id of its own. */
export const anEvent = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  eventId: `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`,
  ...lol.topics.raw.route!.samples[0]!,
  x: 277,
  y: -351,
  deathCount: 0,
  status: 0,
  ...more,
})

export const ndjson = (records: readonly unknown[]): string =>
  records.map(record => `${JSON.stringify(record)}\n`).join('')

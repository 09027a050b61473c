import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import { routePath } from '@millrace/contracts'
import { type Clock, type CodedError, type Logger, type Secret, WaitReasons } from '@millrace/runtime'
import { Pool } from 'undici'
import { simulationError } from '../errors.ts'
import { Random } from '../random.ts'
import type { EventSink, SinkRecord, WriteResult } from '../sink.ts'
import { readAnswer, type Verdict } from './gateway-answer.ts'
import { createRetryBackoff, type RetryBackoff } from './retry-backoff.ts'
import { createSendQueue, type SendQueue } from './send-queue.ts'

const gzip = promisify(gzipCallback)
const MAX_BODY_CHARS = 1 << 20
/**
 * Far below the hour for which sums wait for late events, and long enough that 24 h of 20 devices with an event a minute are sent as
 * fast as the services process them.
 */
const MAX_IN_FLIGHT_SPAN_MS = 60_000

export interface GatewaySinkOptions {
  /** Address of the gateway, e.g. `http://127.0.0.1:8080`; a path in it is kept. */
  readonly url: string
  readonly apiKey: Secret
  readonly clock: Clock
  readonly logger: Logger
  /** Most records of one request. */
  readonly maxRecords?: number
  /** Requests at a time; the records of one key are always sent through the same queue. */
  readonly concurrency?: number
  readonly gzip?: boolean
  /** How long one request may take, ms. */
  readonly requestTimeoutMs?: number
  /** How long the gateway may take nothing before the sink gives up, ms. */
  readonly retryTimeoutMs?: number
}

/**
 * A sink that posts NDJSON to the gateway. A request that gets no answer, 429 or 5xx is sent again with the same bytes, after
 * Retry-After if that was given: the gateway may then store a record twice, under one event id. A record that is refused is
 * never sent again. Of one key the order is kept, also across topics, but a record that fails alone inside a request is stored after its
 * neighbours. Different keys are sent independently: a run keeps what is in flight within a minute of event time, so an event is stored at
 * most that far behind a later one, whatever the number of requests, the size of a batch and the topics.
 */
export function createGatewaySink(options: GatewaySinkOptions): EventSink<SinkRecord> {
  const { apiKey, clock, logger, maxRecords = 1000, retryTimeoutMs = 300_000, requestTimeoutMs = 30_000 } = options
  const base = new URL(options.url)
  const prefix = base.pathname.replace(/\/+$/, '')
  const concurrency = options.concurrency ?? 4
  const pool = new Pool(base.origin, {
    connections: concurrency,
    pipelining: 1,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    connect: { timeout: Math.min(requestTimeoutMs, 10_000) },
  })
  const headers: Record<string, string> = {
    authorization: `Bearer ${apiKey.reveal()}`,
    'content-type': 'application/x-ndjson',
    prefer: 'return=minimal',
    ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
  }
  let broken: CodedError | null = null
  /** For all queues together. */
  const reasons = new WaitReasons((reason, retryAfterMs: number | null) =>
    logger.warn({ url: options.url, reason, retryAfterMs }, 'gateway_not_taking'),
  )

  async function encode(records: readonly SinkRecord[]): Promise<Buffer> {
    let lines = ''
    for (const record of records) lines += `${record.value}\n`
    const bytes = Buffer.from(lines)
    return options.gzip ? await gzip(bytes, { level: 1 }) : bytes
  }

  async function post(topic: string, body: Buffer, count: number, giveUp: AbortSignal): Promise<Verdict> {
    try {
      const response = await pool.request({
        method: 'POST',
        path: prefix + routePath(topic),
        headers,
        body,
        signal: giveUp,
      })
      const text = await response.body.text()
      const retryAfter = response.headers['retry-after']
      return readAnswer(
        { status: response.statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, body: text },
        count,
        clock.now(),
      )
    } catch (error) {
      return { kind: 'again', reason: describe(error), retryAfterMs: null, isThrottled: false }
    }
  }

  /** Sends records of one topic until each is acknowledged or refused, or the sink is broken. */
  async function deliver(
    records: readonly SinkRecord[],
    giveUp: AbortSignal,
    backoff: RetryBackoff,
  ): Promise<WriteResult[]> {
    const results: WriteResult[] = records.map(() => null)
    const topic = records[0]!.topic
    /** Groups of indices, each one a request. */
    const requests: number[][] = [records.map((_, index) => index)]
    let body: Buffer | null = null
    while (requests.length > 0) {
      const indices = requests[0]!
      if (broken) break
      body ??= await encode(indices.map(index => records[index]!))
      const verdict = await reasons.during(post(topic, body, indices.length, giveUp), clock, null)
      if (verdict.kind === 'hopeless') {
        broken ??= simulationError('gateway_refused', {
          url: options.url,
          topic,
          status: verdict.status,
          reason: clause(verdict.reason),
          hint: hintFor(verdict.status, topic),
        })
        break
      }
      if (verdict.kind === 'again') {
        if (!(await tryAgain(verdict, backoff, giveUp))) break
        continue
      }
      requests.shift()
      body = null
      const { again, apart } = settle(verdict, indices, results)
      if (again.length < indices.length) {
        backoff.reset()
        if (reasons.over()) logger.info({ url: options.url }, 'gateway_taking_again')
      }
      if (apart.length > 0) {
        const middle = Math.ceil(apart.length / 2)
        requests.unshift(apart.slice(0, middle), ...(apart.length > 1 ? [apart.slice(middle)] : []))
      }
      if (again.length > 0) {
        requests.unshift(again)
        const retryAfterMs = verdict.kind === 'mixed' ? verdict.retryAfterMs : null
        const reason = 'some records of a request were not stored'
        if (!(await tryAgain({ reason, retryAfterMs, isThrottled: false }, backoff, giveUp))) break
      }
    }
    const unanswered = { kind: 'unanswered', error: broken ?? simulationError('given_up') } as const
    for (const index of requests.flat()) results[index] = unanswered
    return results
  }

  async function tryAgain(
    { reason, retryAfterMs, isThrottled }: Omit<Extract<Verdict, { kind: 'again' }>, 'kind'>,
    backoff: RetryBackoff,
    giveUp: AbortSignal,
  ): Promise<boolean> {
    if (!isThrottled) reasons.say(reason, retryAfterMs)
    if (broken || (await backoff.wait(retryAfterMs, giveUp))) return true
    broken ??= giveUp.aborted
      ? simulationError('given_up')
      : simulationError('gateway_unavailable', {
          url: options.url,
          seconds: Math.round(backoff.failingMs() / 1000),
          reason: clause(reason),
        })
    return false
  }

  const queues: SendQueue[] = Array.from({ length: concurrency }, (_, index) => {
    const backoff = createRetryBackoff({ clock, retryTimeoutMs, random: new Random('gateway-queue', index) })
    return createSendQueue({
      maxRecords,
      maxChars: MAX_BODY_CHARS,
      deliver: (records, giveUp) => deliver(records, giveUp, backoff),
    })
  })

  return {
    name: 'gateway',
    maxInFlightSpanMs: MAX_IN_FLIGHT_SPAN_MS,
    async write(records, giveUp) {
      const results: WriteResult[] = new Array(records.length).fill(null)
      const byQueue = Map.groupBy(records.keys(), index => queueOf(records[index]!.key, concurrency))
      await Promise.all(
        [...byQueue].map(async ([queue, indices]) => {
          const own = await queues[queue]!.send(
            indices.map(index => records[index]!),
            giveUp,
          )
          indices.forEach((index, position) => {
            results[index] = own[position]!
          })
        }),
      )
      return results
    },
    close: () => (broken ? pool.destroy() : pool.close()),
  }
}

/** Puts what an answer says of each record into `results`; returns the indices to send once more. */
function settle(
  verdict: Extract<Verdict, { kind: 'accepted' | 'mixed' }>,
  indices: readonly number[],
  results: WriteResult[],
): { again: number[]; apart: number[] } {
  const again: number[] = []
  const apart: number[] = []
  if (verdict.kind === 'mixed')
    indices.forEach((index, position) => {
      const record = verdict.records[position]!
      if (record === 'again') again.push(index)
      else if (record === 'apart') apart.push(index)
      else results[index] = record
    })
  return { again, apart }
}

/** FNV-1a: any even spread does, as long as it is the same for one key. */
function queueOf(key: string, count: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % count
}

/** The gateway writes sentences, and here they are put into one. */
const clause = (sentence: string): string => sentence.replace(/\.$/, '')

function hintFor(status: number, topic: string): string {
  if (status === 401) return 'Give a key that is known there and not revoked ("millrace keys list" shows them).'
  if (status === 403) return `Use a key that allows ${topic} ("millrace keys create" makes one).`
  if (status === 404) return 'Check that the address is that of the ingest gateway.'
  return 'Check that gateway and generator are of one version.'
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return code && !error.message.includes(code) ? `${code}: ${error.message || 'no connection'}` : error.message
}

import type { Socket } from 'node:net'
import { isPlausibleEventTime, MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import type { Clock } from '@millrace/runtime'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ByteBudget, ByteReservation } from '../byte-budget.ts'
import { idempotentEventId } from '../event-id.ts'
import type { LogClient } from '../log-client.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Mutex } from '../mutex.ts'
import type { GatewayOptions } from '../options.ts'
import { isRefusal, type Refusal } from '../problem.ts'
import type { Quotas } from '../quota.ts'
import { type Admission, type AdmissionOptions, admitRequest } from '../steps/admit-request.ts'
import { type BodyFacts, createRecordReader, factsOf, type PreparedRecord } from '../steps/prepare-record.ts'
import { bodyTooLarge, readBody } from '../steps/read-body.ts'
import { type RecordSlices, splitJson, splitNdjson } from '../steps/split-records.ts'
import { type KeptRefusal, type Outcome, storeRecords } from '../steps/store-records.ts'
import { problemAnswer, writeAnswer } from '../steps/write-answer.ts'
import { validTraceParent } from '../trace-parent.ts'
import { sendAnswer, sendRefusal } from './send.ts'

export interface EventsDependencies {
  readonly logClient: LogClient
  readonly budget: ByteBudget
  readonly quotas: Quotas
  readonly admission: AdmissionOptions
  readonly metrics: GatewayMetrics
  readonly keyLabels: (keyId: string) => { readonly key: string }
  readonly clock: Clock
  readonly randomId: () => string
  readonly options: GatewayOptions
  /** Bodies being read; the server aborts those that exceed the request timeout. */
  readonly readers: Map<Socket, (refusal: Refusal) => void>
  /** Large bodies are validated one at a time: concurrently, all of them would be late. */
  readonly largeBodies: Mutex
}

/** Bytes that are validated before the event loop runs other requests: a few milliseconds. Larger bodies are validated one at a time. */
const BYTES_PER_TURN = 128 << 10
const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The validated records of a body; `outcomes` has holes where records are not stored yet. */
interface Prepared {
  readonly accepted: { readonly indexes: number[]; readonly records: PreparedRecord[] }
  readonly refused: KeptRefusal[]
  readonly outcomes: Outcome[]
}

/** First bytes of compressed bodies (RFC 1952, RFC 8878); brotli has none. */
const MAGIC = [
  { encoding: 'gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { encoding: 'zstd', bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
] as const

/** Hints for the most common mistakes: NDJSON sent as application/json, an array sent as NDJSON, a compressed body without its label. */
function withFormHint(refusal: Refusal, body: Buffer, { batch }: RecordSlices, form: Admission['form']): Refusal {
  if (refusal.code === 'invalid_utf8') {
    const encoding = MAGIC.find(({ bytes }) => body.subarray(0, bytes.length).equals(bytes))?.encoding
    if (encoding) return { ...refusal, hint: `The body looks like ${encoding}: send Content-Encoding: ${encoding}.` }
  }
  if (form === 'ndjson' && refusal.code === 'not_an_object' && refusal.got?.endsWith('array'))
    return { ...refusal, hint: 'For an array send Content-Type: application/json.' }
  if (!batch && refusal.code === 'not_json' && /\}\s*\n\s*\{/.test(body.toString('latin1', 0, 65_536)))
    return { ...refusal, hint: 'For one record a line send Content-Type: application/x-ndjson.' }
  return refusal
}

/** The handler of the route of one topic. */
export function createEventsHandler(dependencies: EventsDependencies, topic: Topic) {
  const { logClient, budget, quotas, metrics, keyLabels, clock, randomId, options, readers, largeBodies } = dependencies

  async function readRequestBody(
    request: FastifyRequest,
    reply: FastifyReply,
    admission: Admission,
    reservation: ByteReservation,
  ) {
    if (Number(request.headers['content-length']) > options.maxBodyBytes)
      return bodyTooLarge(options.maxBodyBytes, 'as sent')
    // Without this, Node closes the connection after the answer: a body that was not asked for may come or not.
    if (request.headers.expect !== undefined) reply.raw.writeContinue()
    const { socket } = request.raw
    try {
      return await readBody(request.raw, {
        encoding: admission.encoding,
        maxBytes: options.maxBodyBytes,
        maxDecodedBytes: options.maxDecodedBytes,
        reservation,
        onAbortable: abort => readers.set(socket, abort),
      })
    } finally {
      readers.delete(socket)
    }
  }

  function idMaker({ key, contract, idempotencyKey }: Admission) {
    if (idempotencyKey === undefined) return () => randomId()
    const scope = `${key.id} ${contract.name}`
    return (index: number, record: Uint8Array) => idempotentEventId(scope, idempotencyKey, index, record)
  }

  /** Validates the records of a body, and yields to the event loop in between. */
  async function prepareAll(body: Buffer, slices: RecordSlices, admission: Admission): Promise<Prepared> {
    const { contract, form } = admission
    const { starts, ends } = slices
    const prepared: Prepared = { outcomes: [], refused: [], accepted: { indexes: [], records: [] } }
    let facts: BodyFacts | undefined
    const factsOnce = (): BodyFacts => (facts ??= factsOf(body, form))
    const prepare = createRecordReader(contract, body, {
      factsOfBody: factsOnce,
      makeId: idMaker(admission),
      receivedMs: clock.now(),
    })
    let turnFrom = 0
    for (let index = 0; index < starts.length; index++) {
      if (starts[index]! - turnFrom > BYTES_PER_TURN) {
        turnFrom = starts[index]!
        await nextTurn()
      }
      const record = prepare(index, starts[index]!, ends[index]!)
      if ('value' in record) {
        prepared.accepted.indexes.push(index)
        prepared.accepted.records.push(record)
        continue
      }
      const refusal = withFormHint(record.refusal, body, slices, form)
      prepared.outcomes[index] = refusal
      if (refusal.code !== 'record_too_large')
        prepared.refused.push({
          index,
          record: { ...record, refusal },
          payload: body.subarray(starts[index], ends[index]),
        })
    }
    return prepared
  }

  function charge(
    key: Admission['key'],
    { records, bytes }: { readonly records: number; readonly bytes: number },
  ): void {
    quotas.charge(key, { records, bytes })
    metrics.keyRecords.inc(keyLabels(key.id), records)
    // So that a key that was never refused has a series too.
    metrics.quotaRefusals.inc(keyLabels(key.id), 0)
  }

  /** The whole body as one invalid record. */
  function asOneRecord(body: Buffer, refusal: Refusal): Prepared {
    const record = { refusal, eventId: null, key: null }
    const refused = body.length <= MAX_RECORD_BYTES ? [{ index: 0, record, payload: body }] : []
    return { outcomes: [refusal], refused, accepted: { indexes: [], records: [] } }
  }

  async function ingest(request: FastifyRequest, admission: Admission, body: Buffer, reservation: ByteReservation) {
    const { contract, key, form, minimal } = admission
    const readMs = clock.now()
    const leave = body.length > BYTES_PER_TURN ? await largeBodies.acquire() : () => {}
    let slices: RecordSlices | Refusal
    let prepared: Prepared
    try {
      // The log would have too little time left.
      if (clock.now() - readMs > options.ackDeadlineMs / 2) return refuseOverloaded()
      slices = form === 'json' ? splitJson(body, options.maxRecords) : splitNdjson(body, options.maxRecords)
      charge(key, { records: isRefusal(slices) ? 1 : slices.starts.length, bytes: body.length })
      if (isRefusal(slices)) {
        if (slices.code !== 'not_json') return problemAnswer(slices)
        prepared = asOneRecord(body, slices)
      } else {
        if (slices.starts.length === 0) return problemAnswer({ code: 'no_records' })
        prepared = await prepareAll(body, slices, admission)
      }
    } finally {
      leave()
    }

    const { accepted, refused, outcomes } = prepared
    const nowMs = clock.now()
    await storeRecords(accepted, refused, outcomes, {
      logClient,
      contract,
      deadlineMs: Math.max(1, options.ackDeadlineMs - (nowMs - readMs)),
      nowMs,
      traceparent: validTraceParent(request.headers.traceparent),
      reservation,
      randomId,
    })
    count(outcomes, contract.name, accepted.records.at(-1)?.eventTimeMs, nowMs)
    if (isRefusal(slices)) return problemAnswer(outcomes[0] as Refusal)
    return writeAnswer(outcomes, { minimal, batch: slices.batch })
  }

  function refuseOverloaded() {
    const refusal: Refusal = { code: 'overloaded', retryAfterS: 1 }
    metrics.refusals.inc({ of: 'request', code: refusal.code })
    return problemAnswer(refusal)
  }

  function count(outcomes: readonly Outcome[], topic: string, eventTimeMs: number | undefined, nowMs: number): void {
    const codes = new Map<Refusal['code'], { refused: number; kept: number }>()
    let stored = 0
    for (const outcome of outcomes) {
      if (!isRefusal(outcome)) {
        stored++
        continue
      }
      const counts = codes.get(outcome.code) ?? { refused: 0, kept: 0 }
      counts.refused++
      if (outcome.retryAfterS === undefined && outcome.code !== 'record_too_large') counts.kept++
      codes.set(outcome.code, counts)
    }
    metrics.recordsIn.inc({ topic }, outcomes.length)
    for (const [code, { refused, kept }] of codes) {
      metrics.refusals.inc({ of: 'record', code }, refused)
      if (kept > 0) metrics.recordsFailed.inc({ reason: code }, kept)
    }
    if (stored === 0) return
    metrics.recordsOut.inc({ topic }, stored)
    metrics.lastProgress.set(clock.now() / 1000)
    if (eventTimeMs !== undefined && isPlausibleEventTime(eventTimeMs, nowMs))
      metrics.freshness.observe({ topic }, (nowMs - eventTimeMs) / 1000)
  }

  /** An answer holds memory until its client has read it or the connection is closed. */
  function reserveUntilRead(reply: FastifyReply, bytes: number): void {
    const reservation = budget.reserve()
    reservation.add(bytes)
    reply.raw.once('close', () => {
      reservation.release()
      metrics.inFlightBytes.set(budget.usedBytes)
    })
  }

  return async function handleEvents(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const startedMs = clock.now()
    const admission = admitRequest(topic, request.headers, dependencies.admission)
    if (isRefusal(admission)) return sendRefusal(reply, admission, metrics)
    const reservation = budget.reserve()
    try {
      const body = await readRequestBody(request, reply, admission, reservation)
      if (isRefusal(body)) return sendRefusal(reply, body, metrics)
      metrics.bodyBytes.inc(body.length)
      metrics.inFlightBytes.set(budget.usedBytes)
      const answer = await ingest(request, admission, body, reservation)
      metrics.batchDuration.observe({ topic: admission.contract.name }, (clock.now() - startedMs) / 1000)
      if (admission.minimal) reply.header('preference-applied', 'return=minimal')
      reserveUntilRead(reply, answer.body.length)
      return sendAnswer(reply, answer)
    } finally {
      reservation.release()
      metrics.inFlightBytes.set(budget.usedBytes)
    }
  }
}

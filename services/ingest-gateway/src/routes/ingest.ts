import type { Socket } from 'node:net'
import type { Topic } from '@millrace/contracts'
import type { Clock } from '@millrace/runtime'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ByteBudget, ByteReservation } from '../byte-budget.ts'
import { idempotentEventId } from '../event-id.ts'
import type { LogClient } from '../log-client.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Mutex } from '../mutex.ts'
import type { GatewayOptions } from '../options.ts'
import { isRefusal, type Refusal } from '../problem.ts'
import { queryOf } from '../query.ts'
import type { Quotas } from '../quota.ts'
import type { RecordList, Shape } from '../shapes/shape.ts'
import { type Admission, type AdmissionOptions, admitRequest, type Target } from '../steps/admit-request.ts'
import { countRecords } from '../steps/count-records.ts'
import type { IdMaker } from '../steps/prepare-record.ts'
import { BYTES_PER_TURN, type Prepared, prepareRecords, refusedBody } from '../steps/prepare-records.ts'
import { bodyTooLarge, readBody } from '../steps/read-body.ts'
import { resolveTopic } from '../steps/resolve-topic.ts'
import { storeRecords } from '../steps/store-records.ts'
import type { Answer } from '../steps/write-answer.ts'
import { validTraceParent } from '../trace-parent.ts'
import { sendAnswer, sendRefusal } from './send.ts'

export interface IngestDependencies {
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

/**
 * The handler of a route.
 * @param targetOf where a request goes
 */
export function createIngestHandler(dependencies: IngestDependencies, targetOf: (request: FastifyRequest) => Target) {
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

  const idMaker =
    ({ key, idempotencyKey }: Admission) =>
    (topic: Topic): IdMaker => {
      if (idempotencyKey === undefined) return () => randomId()
      const scope = `${key.id} ${topic.name}`
      return (index, record) => idempotentEventId(scope, idempotencyKey, index, record)
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

  async function ingest(
    { headers }: FastifyRequest,
    { shape, admission, body }: { readonly shape: Shape; readonly admission: Admission; readonly body: Buffer },
    reservation: ByteReservation,
  ): Promise<{ readonly answer: Answer; readonly topics: readonly Topic[] }> {
    const refuse = (refusal: Refusal) => {
      metrics.refusals.inc({ of: 'request', code: refusal.code })
      return { answer: shape.refuse(refusal, headers), topics: admission.topic === null ? [] : [admission.topic] }
    }
    const { topic, key, form, minimal } = admission
    const readMs = clock.now()
    const leave = body.length > BYTES_PER_TURN ? await largeBodies.acquire() : () => {}
    let list: RecordList | Refusal
    let prepared: Prepared
    try {
      // The log would have too little time left.
      if (clock.now() - readMs > options.ackDeadlineMs / 2) return refuse({ code: 'overloaded', retryAfterS: 1 })
      list = shape.read(body, {
        form,
        headers,
        maxRecords: options.maxRecords,
        minimal,
        topicOf: name => resolveTopic(name, key, dependencies.admission.catalog),
      })
      charge(key, { records: isRefusal(list) ? 1 : list.starts.length, bytes: body.length })
      if (isRefusal(list)) {
        if (list.code !== 'not_json' || topic === null) return refuse(list)
        prepared = refusedBody(body, list, topic)
      } else {
        if (list.starts.length === 0) return refuse({ code: 'no_records' })
        prepared = await prepareRecords(body, list, {
          topic,
          makeId: idMaker(admission),
          receivedMs: clock.now(),
          partitionOf: ({ name }, recordKey) => logClient.partitionFor(name, recordKey),
        })
      }
    } finally {
      leave()
    }

    const { outcomes } = prepared
    const nowMs = clock.now()
    await Promise.all(
      prepared.topics.map(({ topic: contract, accepted, refused }) =>
        storeRecords(accepted, refused, outcomes, {
          logClient,
          contract,
          deadlineMs: Math.max(1, options.ackDeadlineMs - (nowMs - readMs)),
          nowMs,
          traceparent: validTraceParent(headers.traceparent),
          reservation,
          randomId,
        }),
      ),
    )
    countRecords(prepared, metrics, nowMs)
    return {
      answer: isRefusal(list)
        ? shape.refuse(outcomes[0] as Refusal, headers)
        : shape.write(outcomes, { minimal, batch: list.batch, headers }),
      topics: prepared.topics.map(({ topic: contract }) => contract),
    }
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

  return async function handleIngest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const startedMs = clock.now()
    const target = targetOf(request)
    const head = { headers: request.headers, query: queryOf(request.url) }
    const admission = admitRequest(target, head, dependencies.admission)
    if (isRefusal(admission)) return sendRefusal(reply, admission, metrics)
    const reservation = budget.reserve()
    try {
      const body = await readRequestBody(request, reply, admission, reservation)
      if (isRefusal(body)) return sendRefusal(reply, body, metrics)
      metrics.bodyBytes.inc(body.length)
      metrics.inFlightBytes.set(budget.usedBytes)
      const { answer, topics } = await ingest(request, { shape: target.shape, admission, body }, reservation)
      for (const { name } of topics) metrics.batchDuration.observe({ topic: name }, (clock.now() - startedMs) / 1000)
      if (admission.prefersMinimal) reply.header('preference-applied', 'return=minimal')
      reserveUntilRead(reply, answer.body.length)
      return sendAnswer(reply, answer)
    } finally {
      reservation.release()
      metrics.inFlightBytes.set(budget.usedBytes)
    }
  }
}

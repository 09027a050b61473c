import { gzipSync } from 'node:zlib'
import { type Catalog, MAX_RECORD_BYTES, type Topic } from '@millrace/contracts'
import { KEY_PARAMETER, SENT_PARAMETER } from '@millrace/contracts/browser-requests'
import type { AnsweredCode } from '../errors.ts'
import {
  expectationFailed,
  hostMissing,
  internalError,
  refusalOfClientError,
  refusalOfUnknown,
} from '../http-refusals.ts'
import { MAX_DEPTH } from '../inspect-event.ts'
import type { GatewayOptions } from '../options.ts'
import type { Problem, Refusal } from '../problem.ts'
import { createQuotas } from '../quota.ts'
import { headersOf } from '../routes/send.ts'
import { eventsShape } from '../shapes/index.ts'
import { bodyTooLarge } from '../steps/read-body.ts'
import { notKept, refusalOfLog } from '../steps/store-records.ts'
import { type Answer, problemAnswer, writeAnswer } from '../steps/write-answer.ts'
import {
  answerWithoutLog,
  EXAMPLE_BROWSER_HEADERS,
  EXAMPLE_HEADERS,
  type ExampleRequest,
  type ExampleSettings,
  exampleBrowserKey,
  exampleClock,
  exampleKey,
} from './answer-without-log.ts'
import { refusedRecords } from './topic-records.ts'

/** A refusal as the gateway answers it. */
export interface RefusalExample {
  /** Unique among the examples of an operation. */
  readonly name: string
  readonly code: AnsweredCode
  readonly status: number
  readonly problem: Problem
  /** Headers of the answer that belong to the refusal. */
  readonly headers: Readonly<Record<string, string>>
  /** What was wrong, as Markdown. */
  readonly cause: string
  /** The request that is answered so, where it depends on the request alone. */
  readonly request?: ExampleRequest
}

/** A quota, and what its key has sent in this second. */
export const EXAMPLE_QUOTA = { recordsPerSecond: 100, sentRecords: 500 } as const
export const EXAMPLE_ORIGIN = 'https://shop.example.com'
/** Parameters of a request whose clock is wrong, by the clock of the examples. */
export const EXAMPLE_SKEW = `${SENT_PARAMETER}=${exampleClock.now() - 365 * 86_400_000}`
export const EXAMPLE_EXPECTATION = '200-ok'
/** Adds a letter to a path, as by a typing error. */
export const misspelt = (path: string): string => `${path}x`

type Rest = Pick<RefusalExample, 'request'> & { readonly name?: string; readonly headers?: RefusalExample['headers'] }

function exampleOf(
  cause: string,
  { status, body, retryAfterS }: Answer,
  { request, ...rest }: Rest = {},
): RefusalExample {
  const problem = JSON.parse(body) as Problem & { readonly code: AnsweredCode }
  const { connection: _, ...headers } = headersOf(problem.code, eventsShape)
  return {
    name: problem.code,
    code: problem.code,
    status,
    problem,
    cause,
    ...rest,
    headers: {
      ...headers,
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
      ...rest.headers,
    },
    ...(request ? { request } : {}),
  }
}

const ofRequest = (cause: string, refusal: Refusal, rest?: Rest): RefusalExample =>
  exampleOf(cause, problemAnswer(refusal), rest)
const ofRecord = (cause: string, refusal: Refusal): RefusalExample =>
  exampleOf(cause, writeAnswer([refusal], { minimal: false, batch: false }))

/** Refusals that do not depend on the topic, or hardly: one of its name is as good as another. */
export function commonRefusals(topic: Topic, options: GatewayOptions): readonly RefusalExample[] {
  const settings: ExampleSettings = { topic, options }
  const sent = (cause: string, request: Partial<ExampleRequest>, name?: string): RefusalExample => {
    const whole = { headers: EXAMPLE_HEADERS, body: '', ...request }
    return exampleOf(cause, answerWithoutLog(whole, settings), {
      request: whole,
      ...(name === undefined ? {} : { name }),
    })
  }
  const withHeaders = (headers: Record<string, string>) => ({ headers: { ...EXAMPLE_HEADERS, ...headers } })
  const clientError = (code: string) => refusalOfClientError(Object.assign(new Error(code), { code }), options)
  const logError = (code: string, details = {}) => refusalOfLog({ code, details })
  const unavailable = logError('log_unavailable')
  const notAnObject = sent('A record is not a JSON object.', { body: '17' })

  const quotas = createQuotas(exampleClock, options.replicas)
  const metered = exampleKey([topic.name], { recordsPerSecond: EXAMPLE_QUOTA.recordsPerSecond })
  quotas.charge(metered, { records: EXAMPLE_QUOTA.sentRecords, bytes: 0 })
  const ordinary = { headers: EXAMPLE_HEADERS, body: '{}' }

  return [
    ofRequest('The request has no `Host` header.', hostMissing),
    sent('The `Idempotency-Key` contains a blank.', withHeaders({ 'idempotency-key': 'upload 17' })),
    sent('The time of sending is not a number.', { query: `${SENT_PARAMETER}=yesterday` }),
    sent('An API key is in the address, in place of a browser key.', {
      query: `${KEY_PARAMETER}=mr_…`,
      headers: { 'content-type': 'application/json' },
    }),
    sent('`Content-Encoding` says gzip, but the body is not compressed.', {
      ...withHeaders({ 'content-encoding': 'gzip' }),
      body: '{"name":"not compressed"}',
    }),
    sent('The end of the compressed body is missing.', {
      ...withHeaders({ 'content-encoding': 'gzip' }),
      body: gzipSync('{"name":"compressed"}').subarray(0, -10),
    }),
    sent('The array is empty.', { body: '[]' }),
    sent('The record has no closing brace.', { body: '{"name":"unfinished"' }),
    sent('The name `Müller` is encoded in Latin-1.', { body: Buffer.from('{"name":"Müller"}', 'latin1') }),
    sent(
      'No line of the batch is JSON.',
      { headers: { ...EXAMPLE_HEADERS, 'content-type': 'application/x-ndjson' }, body: 'name=a\nname=b\n' },
      'nothing_accepted_not_json',
    ),
    sent('There is no `Authorization` header.', { headers: { 'content-type': 'application/json' } }),
    sent('No such key exists, or it was revoked.', withHeaders({ authorization: 'Bearer mr_example_unknown' })),
    sent(
      'A web page of an origin that the key does not list sends the request.',
      withHeaders({ origin: EXAMPLE_ORIGIN }),
    ),
    exampleOf(
      'A browser key is used outside of a browser.',
      answerWithoutLog(
        { headers: EXAMPLE_BROWSER_HEADERS, body: '[]' },
        { ...settings, key: exampleBrowserKey([topic.name]) },
      ),
    ),
    exampleOf(
      'The clock of the client is a year behind.',
      answerWithoutLog({ query: EXAMPLE_SKEW, headers: EXAMPLE_HEADERS, body: '[]' }, settings),
    ),
    ofRequest('The request was not complete when the time was up.', clientError('ERR_HTTP_REQUEST_TIMEOUT')),
    ofRequest('The body has too many bytes.', bodyTooLarge(options.maxBodyBytes, 'as sent')),
    ofRequest(
      'The compressed body is small enough, but has too many bytes after decompression.',
      bodyTooLarge(options.maxDecodedBytes, 'when decompressed'),
      { name: 'body_too_large_decompressed' },
    ),
    sent('The batch has one record too many.', {
      headers: { ...EXAMPLE_HEADERS, 'content-type': 'application/x-ndjson' },
      body: '{}\n'.repeat(options.maxRecords + 1),
    }),
    sent('The record has one byte too many.', { body: `{"text":"${'x'.repeat(MAX_RECORD_BYTES - 10)}"}` }),
    sent(
      'The request has the type that `curl -d` sends if no other is given.',
      withHeaders({ 'content-type': 'application/x-www-form-urlencoded' }),
    ),
    sent('The body has an encoding that the gateway does not read.', withHeaders({ 'content-encoding': 'deflate' })),
    ofRequest('The header `Expect` asks for something else than 100-continue.', expectationFailed(EXAMPLE_EXPECTATION)),
    notAnObject,
    sent('A number is beyond the range of a double.', { body: '{"size":1e400}' }),
    sent('A field has a name that changes objects in JavaScript.', { body: '{"__proto__":{"admin":true}}' }),
    sent('Arrays or objects are nested too deeply.', {
      body: `{"list":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`,
    }),
    sent('A text contains half of a surrogate pair.', { body: '{"name":"\\ud83d"}' }),
    sent('Every record of the batch is refused.', { body: '[17,"text"]' }),
    exampleOf(
      `The key may send ${EXAMPLE_QUOTA.recordsPerSecond} records a second and has just sent ${EXAMPLE_QUOTA.sentRecords}.`,
      answerWithoutLog(ordinary, { ...settings, key: metered, quotas }),
    ),
    ofRequest('The headers have too many bytes.', clientError('HPE_HEADER_OVERFLOW')),
    ofRequest('The gateway has a fault.', internalError('00000000-0000-4000-8000-000000000000')),
    exampleOf(
      'Too many requests are in progress, or the event log stores less than is sent.',
      answerWithoutLog(ordinary, { ...settings, isOverloaded: true }),
    ),
    ofRecord('The event log cannot be reached.', unavailable),
    exampleOf(
      'The event log cannot be reached, and the request is a batch.',
      writeAnswer([unavailable, unavailable], { minimal: false, batch: true }),
      { name: 'nothing_accepted_log_unavailable' },
    ),
    ofRecord('The event log did not confirm the record before the deadline.', logError('append_timeout')),
    ofRecord(
      'The record is not a JSON object, and the event log cannot be reached.',
      notKept({ code: 'not_an_object', got: notAnObject.problem.got!, expected: notAnObject.problem.expected! }),
    ),
  ]
}

/** Refusals that depend on the topic: its fields, its name and its path. */
export function topicRefusals(topic: Topic, catalog: Catalog, options: GatewayOptions): readonly RefusalExample[] {
  const settings: ExampleSettings = { topic, options }
  const { path } = topic.route!
  const otherTopics = [...catalog.routes.values()].map(({ name }) => name).filter(name => name !== topic.name)
  const key = exampleKey(otherTopics.slice(0, 1))
  const records = [...refusedRecords(settings)].map(([code, record]) => {
    const request = { headers: EXAMPLE_HEADERS, body: JSON.stringify(record) }
    const answer = answerWithoutLog(request, settings)
    const { pointer } = JSON.parse(answer.body) as Problem
    const field = pointer === undefined ? 'The partition key' : `Field \`${pointer}\``
    return exampleOf(`${field} ${code === 'invalid_field' ? 'has a wrong value' : 'is missing'}.`, answer, { request })
  })
  const wrongMethod = refusalOfUnknown({ method: 'GET', url: path }, catalog)
  return [
    ...records,
    exampleOf(
      'The key may write another topic only.',
      answerWithoutLog({ headers: EXAMPLE_HEADERS, body: '' }, { ...settings, key }),
    ),
    ofRequest(
      'The path has a typing error.',
      refusalOfUnknown({ method: 'POST', url: misspelt(path) }, catalog).refusal,
    ),
    ofRequest('The method is GET.', wrongMethod.refusal, { headers: { allow: wrongMethod.allowed! } }),
    ofRecord(
      'The topic has not been created.',
      refusalOfLog({ code: 'unknown_topic', details: { topic: topic.name } }),
    ),
  ]
}

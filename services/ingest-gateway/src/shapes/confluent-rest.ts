/*
 * The produce API of Confluent REST Proxy, version 2 (and 1, which has the same bodies for JSON and binary records):
 * POST /topics/{topic}. Error codes are those of the API reference (docs.confluent.io, "Confluent REST Proxy API", v2) and of
 * the classes Errors of kafka-rest and KafkaExceptionMapper of rest-utils. Errors without a code of their own have the HTTP status.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { describeValue } from '../explain-issues.ts'
import { detailOf, isRefusal, type Refusal, statusOf } from '../problem.ts'
import { decodeBase64 } from '../steps/decode-base64.ts'
import { UNKNOWN_FACTS } from '../steps/prepare-record.ts'
import { parseSpan, type Span, scanObject } from '../steps/scan-object.ts'
import { afterMark, isBlankFrom, splitArray } from '../steps/split-records.ts'
import type { Outcome } from '../steps/store-records.ts'
import { type Answer, nothingAccepted, retryAfterOf } from '../steps/write-answer.ts'
import type { Envelope, RecordList, Shape, ShapeRequest } from './shape.ts'

/** Without an embedded format it is binary (API reference, "Content types"). */
const MEDIA_TYPE = /^application\/vnd\.kafka(?:\.(json|binary))?(?:\.v[12])?\+json$/
const ANSWER_TYPES = [
  'application/vnd.kafka.v2+json',
  'application/vnd.kafka.v1+json',
  'application/vnd.kafka+json',
  'application/json',
]
const TOPIC_PATH = /^\/topics\/[^/]+$/
/** Beginnings of the paths of the whole API, so that each of them is answered in its form. */
const API = /^\/(topics|v3|kafka|consumers|brokers|clusters)(\/|$)/

/** KafkaExceptionMapper: authentication, authorization, topic not found, broker not available, retriable error. */
const AUTHENTICATION = 40101
const AUTHORIZATION = 40301
const TOPIC_NOT_FOUND = 40401
const NOT_AVAILABLE = 50302
const RETRIABLE = 50003
/** Errors: conversion of JSON to an object failed. */
const NOT_CONVERTED = 42203

const CODES: Partial<Record<Refusal['code'], number>> = {
  key_missing: AUTHENTICATION,
  key_wrong: AUTHENTICATION,
  topic_not_allowed: AUTHORIZATION,
  unknown_topic: TOPIC_NOT_FOUND,
  missing_field: NOT_CONVERTED,
  invalid_field: NOT_CONVERTED,
  not_an_object: NOT_CONVERTED,
  number_too_large: NOT_CONVERTED,
  forbidden_field: NOT_CONVERTED,
  too_deep: NOT_CONVERTED,
  broken_text: NOT_CONVERTED,
  key_missing_in_event: NOT_CONVERTED,
}

/** The code of a whole request. */
function errorCodeOf(refusal: Refusal): number {
  const status = statusOf(refusal)
  if (status === 503) return NOT_AVAILABLE
  const { code, about } = refusal
  if (about && statusOf(about) === status) return errorCodeOf(about)
  return CODES[code] ?? status
}

/** The code of one record: clients send those again that are retriable. */
const recordCodeOf = (refusal: Refusal): number => (statusOf(refusal) === 503 ? RETRIABLE : errorCodeOf(refusal))

/** The media type of the answer: the first that the client accepts. */
function answerType({ accept = '' }: IncomingHttpHeaders): string {
  const accepted = accept.split(',').map(range => (range.split(';', 1)[0] ?? '').trim().toLowerCase())
  return accepted.find(type => ANSWER_TYPES.includes(type)) ?? ANSWER_TYPES[0]!
}

function refuse(refusal: Refusal, headers: IncomingHttpHeaders, offsets = ''): Answer {
  const { retryAfterS } = refusal
  return {
    status: statusOf(refusal),
    contentType: answerType(headers),
    body: `{"error_code":${errorCodeOf(refusal)},"message":${JSON.stringify(detailOf(refusal))}${offsets}}`,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  }
}

const offsetOf = (outcome: Outcome): string =>
  isRefusal(outcome)
    ? `{"partition":null,"offset":null,"error_code":${recordCodeOf(outcome)},"error":${JSON.stringify(detailOf(outcome))}}`
    : `{"partition":${outcome.partition},"offset":${outcome.offset},"error_code":null,"error":null}`

/** 200 with a result for each record, as the original; where no record is stored, an error that has the same results. */
function write(outcomes: readonly Outcome[], headers: IncomingHttpHeaders): Answer {
  const offsets = `"offsets":[${outcomes.map(offsetOf).join(',')}],"key_schema_id":null,"value_schema_id":null`
  const retryAfterS = retryAfterOf(outcomes)
  const retry = retryAfterS === undefined ? {} : { retryAfterS }
  const refusals = outcomes.filter(isRefusal)
  if (refusals.length < outcomes.length)
    return { status: 200, contentType: answerType(headers), body: `{${offsets}}`, ...retry }
  const refusal = refusals.length === 1 ? refusals[0]! : nothingAccepted(refusals)
  return { ...refuse(refusal, headers, `,${offsets}`), ...retry }
}

const invalid = (pointer: string, got: string, expected: string): Refusal => ({
  code: 'invalid_envelope',
  pointer,
  got,
  expected,
})

function read(body: Buffer, { form, maxRecords }: ShapeRequest): RecordList | Refusal {
  const start = afterMark(body)
  if (isBlankFrom(body, start)) return { code: 'no_records' }
  const whole = scanObject(body, { start, end: body.length }, ['records'])
  if (isRefusal(whole)) return whole
  const records = whole.get('records')
  if (!records) return invalid('/records', 'nothing', 'an array of records')
  if (body[records.start] !== 0x5b) return invalid('/records', 'another value', 'an array of records')
  const array = splitArray(body, records.start, maxRecords)
  if (!('slices' in array)) return array
  const { starts, ends } = array.slices
  const isBinary = form === 'binary'
  return {
    starts,
    ends,
    batch: true,
    facts: () => UNKNOWN_FACTS,
    envelopeOf: index => envelopeOf(body, { start: starts[index]!, end: ends[index]! }, isBinary),
  }
}

function envelopeOf(body: Buffer, span: Span, isBinary: boolean): Envelope {
  const refused = (refusal: Refusal, at = span): Envelope => ({ ...at, refusal })
  const members = scanObject(body, span, ['value'])
  if (isRefusal(members)) return refused(members)
  const value = members.get('value')
  if (!value) return refused(invalid('/value', 'nothing', 'the event'))
  let event = value
  if (isBinary) {
    const decoded = decodeBase64(body, value)
    if (!decoded) return refused(invalid('/value', 'a value that is not a base64 text', 'the event in base64'), value)
    event = decoded
  }
  const key = keyOf(body, members.get('key'), isBinary)
  if (typeof key === 'object') return refused(key, event)
  const partition = partitionOf(body, members.get('partition'))
  if (typeof partition === 'object') return refused(partition, event)
  return { ...event, ...(key === undefined ? {} : { key }), ...(partition === undefined ? {} : { partition }) }
}

/** The key that the client computed, as text: undefined where it gave none. */
function keyOf(body: Buffer, span: Span | undefined, isBinary: boolean): string | undefined | Refusal {
  if (!span) return undefined
  const parsed = parseSpan(body, span)
  if (isRefusal(parsed)) return parsed
  const { value } = parsed
  if (value === null) return undefined
  if (isBinary && typeof value === 'string') return Buffer.from(value, 'base64').toString()
  if (typeof value === 'string') return value
  // As it is written: it may have more digits than a double holds.
  if (typeof value === 'number' && !isBinary) return body.toString('latin1', span.start, span.end)
  return invalid('/key', describeValue(value), 'a text, or no key')
}

function partitionOf(body: Buffer, span: Span | undefined): number | undefined | Refusal {
  if (!span) return undefined
  const parsed = parseSpan(body, span)
  if (isRefusal(parsed)) return parsed
  const { value } = parsed
  if (value === null) return undefined
  return Number.isSafeInteger(value) && Number(value) >= 0
    ? Number(value)
    : invalid('/partition', describeValue(value), 'a partition, or none')
}

/** Confluent REST Proxy. */
export const confluentShape = {
  /** The media type of an answer to such headers. */
  answerType,
  path: '/topics/:topic',
  owns: path => API.test(path),
  methodsOf: path =>
    path === '/topics' ? 'GET, HEAD' : TOPIC_PATH.test(path) ? 'GET, HEAD, POST, OPTIONS' : undefined,
  offers:
    'Of the API of Confluent REST Proxy this gateway has POST /topics/<topic>, GET /topics/<topic> and GET /topics, in version 2.',
  basic: true,
  mediaTypes: 'application/vnd.kafka.json.v2+json, application/vnd.kafka.binary.v2+json',
  mediaTypesText: 'application/vnd.kafka.json.v2+json or application/vnd.kafka.binary.v2+json',
  formOf(type) {
    const found = MEDIA_TYPE.exec(type)
    return found ? (found[1] ?? 'binary') : undefined
  },
  read,
  write: (outcomes, { headers }) => write(outcomes, headers),
  refuse: (refusal, headers) => refuse(refusal, headers),
} satisfies Shape & { readonly answerType: unknown }

/*
 * CloudEvents 1.0 over HTTP (CloudEvents JSON event format and HTTP protocol binding, version 1.0.2): structured, batched and
 * binary content mode. The specification has no form of answers: they are those of the gateway's own routes.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Topic } from '@millrace/contracts'
import { cloudEventId } from '../event-id.ts'
import { describeValue } from '../explain-issues.ts'
import { isRefusal, type Refusal } from '../problem.ts'
import { decodeBase64 } from '../steps/decode-base64.ts'
import { UNKNOWN_FACTS } from '../steps/prepare-record.ts'
import { parseSpan, type Span, scanObject } from '../steps/scan-object.ts'
import { splitJson } from '../steps/split-records.ts'
import { problemAnswer, writeAnswer } from '../steps/write-answer.ts'
import type { Envelope, RecordList, Shape, ShapeRequest } from './shape.ts'

const PATH = '/v1/cloudevents'
const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'
/** Attributes that the gateway reads; the others are dropped, or belong to nobody behind it. */
const ATTRIBUTES = ['specversion', 'type', 'source', 'id', 'datacontenttype'] as const

/** Members whose values are checked here. */
const CHECKED: readonly string[] = [...ATTRIBUTES, 'data', 'data_base64']

type Attributes = { readonly [Name in (typeof ATTRIBUTES)[number]]?: unknown }

/** A type whose representation is JSON (JSON event format, 3.1). */
const JSON_TYPE = /^[\w.!#$&^-]+\/(?:json|[\w.!#$&^+-]+\+json)$/
const isJsonType = (type: string): boolean => JSON_TYPE.test(type)
const mediaType = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()

const invalid = (pointer: string, got: string, expected: string): Refusal => ({
  code: 'invalid_envelope',
  pointer,
  got,
  expected,
})

/** What a CloudEvent says of itself by its attributes, or why it cannot be stored. */
function readAttributes(
  { specversion, type, source, id, datacontenttype = null }: Attributes,
  { topicOf }: ShapeRequest,
): { readonly topic: Topic; readonly eventId: () => string } | { readonly topic?: Topic; readonly refusal: Refusal } {
  if (specversion !== '1.0') return { refusal: invalid('/specversion', describeValue(specversion), '"1.0"') }
  if (typeof type !== 'string' || type === '')
    return { refusal: invalid('/type', describeValue(type), 'the name of a topic, such as lol.raw') }
  const topic = topicOf(type)
  if (isRefusal(topic)) return { refusal: topic }
  for (const [pointer, value] of [
    ['/source', source],
    ['/id', id],
  ])
    if (typeof value !== 'string' || value === '')
      return { topic, refusal: invalid(String(pointer), describeValue(value), 'a text that is not empty') }
  if (datacontenttype !== null && !(typeof datacontenttype === 'string' && isJsonType(mediaType(datacontenttype))))
    return {
      topic,
      refusal: invalid('/datacontenttype', describeValue(datacontenttype), 'a type of JSON, such as application/json'),
    }
  return { topic, eventId: () => cloudEventId(String(source), String(id)) }
}

/** The attributes and the event of a CloudEvent in JSON. */
function structuredEnvelope(body: Buffer, span: Span, request: ShapeRequest): Envelope {
  const members = scanObject(body, span, CHECKED)
  if (isRefusal(members)) return { ...span, refusal: members }
  const attributes: Record<string, unknown> = {}
  for (const name of ATTRIBUTES) {
    const member = members.get(name)
    const parsed = member && parseSpan(body, member)
    if (parsed && isRefusal(parsed)) return { ...span, refusal: parsed }
    if (parsed) attributes[name] = parsed.value
  }
  const about = readAttributes(attributes, request)
  const refused = (refusal: Refusal, at: Span = span): Envelope => ({ ...at, ...about, refusal })
  const data = members.get('data')
  const base64 = members.get('data_base64')
  if (data && base64) return refused(invalid('/data_base64', 'data as well', 'one of the two'))
  if (base64) {
    const event = decodeBase64(body, base64)
    return event
      ? { ...event, ...about }
      : refused(invalid('/data_base64', 'a value that is not a base64 text', 'the event in base64'), base64)
  }
  return data ? { ...data, ...about } : refused(invalid('/data', 'nothing', 'the event'))
}

/** The value of a header as HTTP binding 3.1.3.2 writes it: percent-encoded UTF-8. */
function headerText(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined
  try {
    return decodeURIComponent(header)
  } catch {
    // A percent sign that was not encoded.
    return header
  }
}

function readBinary(body: Buffer, request: ShapeRequest): RecordList {
  const { headers } = request
  const attributes: Attributes = {
    specversion: headerText(headers['ce-specversion']),
    type: headerText(headers['ce-type']),
    source: headerText(headers['ce-source']),
    id: headerText(headers['ce-id']),
  }
  const slices = splitBody(body)
  return {
    ...slices,
    batch: false,
    facts: () => UNKNOWN_FACTS,
    envelopeOf: () => ({ start: slices.starts[0]!, end: slices.ends[0]!, ...readAttributes(attributes, request) }),
  }
}

function splitBody(body: Buffer) {
  return { starts: body.length > 0 ? [0] : [], ends: body.length > 0 ? [body.length] : [] }
}

function read(body: Buffer, request: ShapeRequest): RecordList | Refusal {
  if (request.form === 'binary') return readBinary(body, request)
  const slices = splitJson(body, request.maxRecords)
  if (isRefusal(slices)) return slices
  const { starts, ends, batch } = slices
  const isBatch = request.form === 'batch'
  if (starts.length > 0 && batch !== isBatch)
    return {
      code: 'not_json',
      details: { reason: isBatch ? 'expected an array of CloudEvents' : 'expected one CloudEvent, got an array' },
      hint: `For ${isBatch ? 'one event' : 'an array'} send Content-Type: ${isBatch ? STRUCTURED : BATCH}.`,
    }
  return {
    starts,
    ends,
    batch,
    facts: () => UNKNOWN_FACTS,
    envelopeOf: index => structuredEnvelope(body, { start: starts[index]!, end: ends[index]! }, request),
  }
}

/** The content mode of a request (HTTP binding, 3). */
function formOf(type: string, headers: IncomingHttpHeaders): string | undefined {
  if (type === STRUCTURED) return 'structured'
  if (type === BATCH) return 'batch'
  const isBinary = headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined
  return isBinary && isJsonType(type) && !type.startsWith('application/cloudevents') ? 'binary' : undefined
}

/** CloudEvents 1.0. */
export const cloudEventsShape: Shape = {
  path: PATH,
  owns: path => path === PATH,
  methodsOf: path => (path === PATH ? 'POST, OPTIONS' : undefined),
  offers: '',
  basic: false,
  mediaTypes: `${STRUCTURED}, ${BATCH}, application/json`,
  mediaTypesText: `${STRUCTURED} or ${BATCH}, or application/json with the attributes as ce-… headers`,
  formOf,
  read,
  write: (outcomes, { minimal, batch }) => writeAnswer(outcomes, { minimal, batch }),
  refuse: refusal => problemAnswer(refusal),
}

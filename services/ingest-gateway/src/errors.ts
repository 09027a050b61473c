import { type ErrorSpec, errorFactory } from '@millrace/runtime'

export interface GatewayErrorSpec extends ErrorSpec {
  /** HTTP status of the answer; null for what only the operator meets. */
  readonly status: number | null
  readonly title: string
}

const input = { retryable: false, kind: 'input' } as const
const later = { retryable: true, kind: 'infrastructure' } as const

/** Every error of the gateway; `message` is the detail of the problem that the client reads. */
export const gatewayErrors = {
  bad_request: {
    ...input,
    status: 400,
    title: 'Not a valid HTTP request',
    message: 'The request cannot be read: {reason}.',
  },
  bad_header: {
    ...input,
    status: 400,
    title: 'Invalid header',
    message: 'Header {header}: got {got}, expected {expected}.',
  },
  bad_query: {
    ...input,
    status: 400,
    title: 'Invalid query parameter',
    message: 'Query parameter {parameter}: got {got}, expected {expected}.',
  },
  key_in_query: {
    ...input,
    status: 400,
    title: 'Only a browser key may be in the address',
    message:
      'The query parameter "{parameter}" is not a browser key ("mb_...") alone. Servers write addresses to their logs: send an API key as "Authorization: Bearer mr_...", and revoke one that was sent in an address.',
  },
  bad_encoding: {
    ...input,
    status: 400,
    title: 'The body cannot be decompressed',
    message: 'The body is not valid {encoding}: {reason}. Nothing was stored.',
  },
  body_cut_off: {
    ...input,
    status: 400,
    title: 'The body ends too early',
    message:
      'The {encoding} stream ends after {bytes} bytes and is not complete: send the whole body again. Nothing was stored.',
  },
  no_records: {
    ...input,
    status: 400,
    title: 'No record was sent',
    message: 'The body has no record in it: send at least one JSON object.',
  },
  not_json: { ...input, status: 400, title: 'Not JSON', message: 'This is not JSON: {reason}.' },
  invalid_utf8: {
    ...input,
    status: 400,
    title: 'Not UTF-8',
    message: 'Byte {position} of the record is not UTF-8: send JSON encoded as UTF-8.',
  },
  key_missing: {
    ...input,
    status: 401,
    title: 'An API key is needed',
    message: 'Send the key as "Authorization: Bearer mr_...". Keys are made by "millrace keys create".',
  },
  key_wrong: {
    ...input,
    status: 401,
    title: 'The API key is not valid',
    message: 'The key is unknown, wrong or revoked.',
  },
  key_missing_in_event: {
    ...input,
    status: 422,
    title: 'The event has no partition key',
    message: 'A record of {topic} needs a key: {key}.',
  },
  topic_not_allowed: {
    ...input,
    status: 403,
    title: 'The API key may not write this topic',
    message: 'This needs a key that may write {topic}.',
  },
  origin_not_allowed: {
    ...input,
    status: 403,
    title: 'The API key may not be used from this origin',
    message: 'Origin {origin} is not among the corsOrigins of this key.',
  },
  origin_missing: {
    ...input,
    status: 403,
    title: 'A browser key needs the header Origin',
    message: 'A browser key is for pages in browsers, which send the header Origin. Elsewhere, send an API key.',
  },
  unknown_route: { ...input, status: 404, title: 'Not found', message: 'There is nothing at {path}.' },
  unknown_topic: {
    ...input,
    status: 404,
    title: 'No such topic',
    message: 'Clients cannot write a topic "{topic}".',
  },
  method_not_allowed: {
    ...input,
    status: 405,
    title: 'Another method is needed',
    message: '{path} does not take {method}: use {allowed}.',
  },
  request_timeout: {
    retryable: true,
    kind: 'input',
    status: 408,
    title: 'The request took too long to arrive',
    message: 'The whole request must arrive within {seconds} s. Nothing of it was stored.',
  },
  clock_skew: {
    ...input,
    status: 409,
    title: 'The clock of the client is wrong',
    message:
      'The client says that it is {sent}; here it is {now}, more than {minutes} minutes from it. Correct the times and send again. Nothing was stored.',
  },
  body_too_large: {
    ...input,
    status: 413,
    title: 'The body is too large',
    message: 'The body is larger than {limit} bytes {when}: send fewer records at once. Nothing was stored.',
  },
  too_many_records: {
    ...input,
    status: 413,
    title: 'Too many records in one request',
    message: 'A request takes at most {limit} records, this one has more: split it. Nothing was stored.',
  },
  record_too_large: {
    ...input,
    status: 413,
    title: 'The record is too large',
    message: 'The record has {bytes} bytes; the most is {limit}. It was not kept.',
  },
  unsupported_media_type: {
    ...input,
    status: 415,
    title: 'Unsupported media type',
    message: 'Content-Type is {got}: send {types}, in UTF-8.',
  },
  unsupported_encoding: {
    ...input,
    status: 415,
    title: 'Unsupported content encoding',
    message: 'Content-Encoding is "{got}": send gzip, br or zstd, or none.',
  },
  expectation_failed: {
    ...input,
    status: 417,
    title: 'The expectation cannot be met',
    message: 'Expect is "{expect}": the only expectation that can be met is 100-continue. Nothing was stored.',
  },
  invalid_envelope: {
    ...input,
    status: 422,
    title: 'The envelope of the record is not valid',
    message: 'Envelope field {pointer}: got {got}, expected {expected}.',
  },
  wrong_key: {
    ...input,
    status: 422,
    title: 'Another key than that of the record',
    message:
      'The key is {got}, but the key of this record is {expected}: the gateway makes it from {key}. Send that key or none.',
  },
  wrong_partition: {
    ...input,
    status: 422,
    title: 'Another partition than that of the record',
    message:
      'The partition is {got}, but the partition of this record is {expected}: it follows from the key. Send that partition or none.',
  },
  not_an_object: {
    ...input,
    status: 422,
    title: 'The record is not an object',
    message: 'Got {got}, expected a JSON object.',
  },
  missing_field: {
    ...input,
    status: 422,
    title: 'A field is missing',
    message: 'Field {pointer} is missing: expected {expected}.',
  },
  invalid_field: {
    ...input,
    status: 422,
    title: 'Invalid field',
    message: 'Field {pointer}: got {got}, expected {expected}.',
  },
  number_too_large: {
    ...input,
    status: 422,
    title: 'A number is too large',
    message: 'Field {pointer}: got {got}, expected {expected}.',
  },
  forbidden_field: {
    ...input,
    status: 422,
    title: 'Forbidden field name',
    message:
      'Field {pointer}: a field may not be called __proto__, because it changes the prototype of objects in JavaScript. Rename it.',
  },
  too_deep: {
    ...input,
    status: 422,
    title: 'The record is nested too deeply',
    message: 'Field {pointer} is deeper than {limit} levels, which is the limit.',
  },
  broken_text: {
    ...input,
    status: 422,
    title: 'A text is not valid Unicode',
    message: 'Field {pointer} holds half of a surrogate pair (an escape such as \\ud800 alone), which is no character.',
  },
  nothing_accepted: {
    ...input,
    status: 422,
    title: 'No record was accepted',
    message: '0 of {count} records were accepted. Record 0: {about}',
  },
  quota_exceeded: {
    retryable: true,
    kind: 'input',
    status: 429,
    title: 'The quota of this API key is used up',
    message: 'This key may send {limit} {unit} a second here: go on in {seconds} s. Nothing was stored.',
  },
  headers_too_large: {
    ...input,
    status: 431,
    title: 'The headers are too large',
    message: 'The request line and headers together may have at most {limit} bytes.',
  },
  client_gone: {
    ...input,
    status: 499,
    title: 'The client went away',
    message: 'The client closed the connection before its request was complete.',
  },
  internal_error: {
    retryable: false,
    kind: 'internal',
    status: 500,
    title: 'The gateway failed',
    message:
      'This is a fault of the gateway. Records may or may not be stored: send them again with the same event ids. Its log has the cause under {requestId}.',
  },
  overloaded: {
    ...later,
    status: 503,
    title: 'The gateway is overloaded',
    message: 'The gateway or the event log has no capacity left: try again in {seconds} s. Nothing was stored.',
  },
  log_unavailable: {
    ...later,
    status: 503,
    title: 'The event log cannot be reached',
    message: 'The record was not stored, because the event log cannot be reached now: send it again in {seconds} s.',
  },
  log_timeout: {
    ...later,
    status: 503,
    title: 'The event log did not answer in time',
    message:
      'The event log did not confirm the record in time; it may still be stored: send it again with the same event id or Idempotency-Key in {seconds} s.',
  },
  topic_missing: {
    ...later,
    status: 503,
    title: 'The topic does not exist yet',
    message:
      'The event log has no topic {topic}: the operator must create it ("millrace topics ensure"). The record was not stored.',
  },
  failed_event_not_stored: {
    ...later,
    status: 503,
    title: 'The record is invalid, and its failed event could not be stored',
    message:
      '{about} Refused records are stored as failed events, but the event log did not store this one: send the record again, corrected, or unchanged in {seconds} s.',
  },
  keys_file_missing: {
    ...input,
    status: null,
    title: 'No key file',
    message: 'The key file {file} does not exist: make one with "millrace keys create".',
  },
  keys_file_broken: {
    ...input,
    status: null,
    title: 'The key file is broken',
    message: 'The key file {file} cannot be used: {reason}',
  },
  keys_file_busy: {
    ...later,
    status: null,
    title: 'The key file is being changed',
    message: 'Someone else is changing the key file. If nobody is, remove {lock} and try again.',
  },
  invalid_key: {
    ...input,
    status: null,
    title: 'The key cannot be made',
    message: 'The key cannot be made: {reason}',
  },
  unknown_key: { ...input, status: null, title: 'No such key', message: 'There is no key "{id}" in {file}. {hint}' },
  unknown_key_topic: {
    ...input,
    status: null,
    title: 'No such topic',
    message: 'Clients cannot write a topic "{topic}". {hint}',
  },
} as const satisfies Record<string, GatewayErrorSpec>

export type GatewayErrorCode = keyof typeof gatewayErrors

/** Status of what happens to a client that does not wait for its answer. */
const CLIENT_GONE = 499

/** A code that a client can find in an answer. */
export type AnsweredCode = {
  [Code in GatewayErrorCode]: (typeof gatewayErrors)[Code]['status'] extends null | typeof CLIENT_GONE ? never : Code
}[GatewayErrorCode]

/** Every code that a client can find in an answer. */
export const answeredCodes = Object.entries(gatewayErrors)
  .filter(([, { status }]) => status !== null && status !== CLIENT_GONE)
  .map(([code]) => code as AnsweredCode)

/** An error of the gateway's table, for what stops a process or a command; requests are answered with a problem instead. */
export const gatewayError = errorFactory('GatewayError', gatewayErrors)

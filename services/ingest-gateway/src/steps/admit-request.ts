import type { IncomingHttpHeaders } from 'node:http'
import type { Catalog, Topic } from '@millrace/contracts'
import { BROWSER_KEY, KEY_PARAMETER, SENT_PARAMETER } from '@millrace/contracts/browser-requests'
import type { Clock } from '@millrace/runtime'
import { type ApiKey, type KeyRing, keyAllowsOrigin } from '../keys/api-key.ts'
import { echoed, isRefusal, type Refusal } from '../problem.ts'
import type { Quotas } from '../quota.ts'
import type { Shape } from '../shapes/shape.ts'
import { type BodyEncoding, bodyEncodings } from './read-body.ts'
import { resolveTopic } from './resolve-topic.ts'

/** Where a request goes: its shape, and the name of its topic where the path says it. */
export interface Target {
  readonly shape: Shape
  readonly topicName: string | null
}

/** What is settled about a request before its body is read. */
export interface Admission {
  readonly key: ApiKey
  /** Null where each record names its own. */
  readonly topic: Topic | null
  /** Of the forms of the shape. */
  readonly form: string
  readonly encoding: BodyEncoding | null
  readonly idempotencyKey: string | undefined
  /** Whether the answer lists only what failed. */
  readonly minimal: boolean
  /** Whether the client asked for that. */
  readonly prefersMinimal: boolean
}

/** A request before its body: its headers and the parameters of its address. */
export interface RequestHead {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
}

export interface AdmissionOptions {
  readonly catalog: Pick<Catalog, 'find'>
  readonly keys: KeyRing
  readonly quotas: Quotas
  readonly isOverloaded: () => boolean
  readonly clock: Pick<Clock, 'now'>
}

const BEARER = /^Bearer +(\S+) *$/i
const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/
const MINIMAL = /(?:^|[,\s])return\s*=\s*"?minimal\b/i
/** What pages send without asking first. */
const SIMPLE_TYPE = 'text/plain'
/** How far the time of sending may be from the time of the gateway, minutes. */
const MAX_CLOCK_SKEW_MINUTES = 10
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i

/** The password of Basic authentication (RFC 7617); undefined where the header is none. */
function passwordIn(authorization: string): string | undefined {
  const encoded = BASIC.exec(authorization)?.[1]
  const credentials = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  const colon = credentials.indexOf(':')
  return colon < 0 ? undefined : credentials.slice(colon + 1)
}

/** The text of the key that a request sends, or why there is none. */
function keyTextOf({ headers: { authorization }, query }: RequestHead, { basic }: Shape): string | Refusal {
  const inQuery = query.getAll(KEY_PARAMETER)
  const [only = ''] = inQuery
  if (inQuery.length > 1 || (inQuery.length === 1 && !BROWSER_KEY.test(only)))
    return { code: 'key_in_query', details: { parameter: KEY_PARAMETER } }
  if (authorization === undefined) {
    if (inQuery.length === 1) return only
    return basic
      ? { code: 'key_missing', hint: 'The key may be the password of Basic authentication, too.' }
      : { code: 'key_missing' }
  }
  const text = BEARER.exec(authorization)?.[1] ?? (basic ? passwordIn(authorization) : undefined)
  if (text !== undefined) return text
  const kinds = basic ? 'neither a Bearer nor a Basic one' : 'not a Bearer one'
  return { code: 'key_missing', hint: `The Authorization header is there, but is ${kinds}.` }
}

/** The live key of the request, or why there is none. */
export function keyOf(request: RequestHead, keys: KeyRing, shape: Shape): ApiKey | Refusal {
  const text = keyTextOf(request, shape)
  if (typeof text !== 'string') return text
  const key = keys.find(text)
  if (!key) return { code: 'key_wrong' }
  const { origin, host } = request.headers
  if (origin === undefined) return key.browser ? { code: 'origin_missing' } : key
  if (!keyAllowsOrigin(key, origin) && (key.browser || !isSameOrigin(origin, host)))
    return { code: 'origin_not_allowed', details: { origin } }
  return key
}

const isSameOrigin = (origin: string, host: string | undefined): boolean =>
  host !== undefined && origin.slice(origin.indexOf('://') + 3) === host

function formOf(headers: IncomingHttpHeaders, shape: Shape, isBrowser: boolean): string | Refusal {
  const contentType = headers['content-type']
  const [given = ''] = (contentType ?? '').split(';', 1)
  const type = given.trim().toLowerCase()
  const form = shape.formOf(isBrowser && type === SIMPLE_TYPE ? 'application/json' : type, headers)
  const charset = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8'
  if (form && (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii')) return form
  const got = contentType === undefined ? 'missing' : `"${contentType}"`
  return {
    code: 'unsupported_media_type',
    details: { got, types: shape.mediaTypesText },
    ...(type.trim() === 'application/x-www-form-urlencoded'
      ? { hint: `With curl, add: -H "Content-Type: ${shape.mediaTypes.split(',', 1)[0]}".` }
      : {}),
  }
}

function encodingOf(header: string | undefined): BodyEncoding | null | Refusal {
  const coding = (header ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return null
  const name = coding === 'x-gzip' ? 'gzip' : coding
  return (
    bodyEncodings.find(encoding => encoding === name) ?? {
      code: 'unsupported_encoding',
      details: { got: coding },
    }
  )
}

const minutesOf = (ms: number): number => Math.abs(ms) / 60_000

/** What is wrong with the time of sending in the address; null where there is none. */
function clockFaultOf(query: URLSearchParams, nowMs: number): Refusal | null {
  const text = query.get(SENT_PARAMETER)
  if (text === null) return null
  // Fifteen digits are always a date that an instant can hold.
  if (!/^-?\d{1,15}$/.test(text))
    return {
      code: 'bad_query',
      details: { parameter: SENT_PARAMETER },
      got: `"${echoed(text)}"`,
      expected: 'whole milliseconds since the epoch',
    }
  const sentMs = Number(text)
  if (minutesOf(sentMs - nowMs) <= MAX_CLOCK_SKEW_MINUTES) return null
  return {
    code: 'clock_skew',
    details: {
      sent: new Date(sentMs).toISOString(),
      now: new Date(nowMs).toISOString(),
      minutes: MAX_CLOCK_SKEW_MINUTES,
    },
    nowMs,
  }
}

/** What is wrong with the text of a header of visible ASCII. */
function describeHeader(text: string): string {
  const at = text.search(/[^\x21-\x7e]/)
  return at < 0
    ? `${text.length} characters`
    : `${text[at] === ' ' ? 'a blank' : 'another character'} at position ${at + 1}`
}

/**
 * Decides before the body whether a request may go on, cheapest and most private checks first: who asks, what for, how much,
 * when, and in what form.
 */
export function admitRequest(
  { shape, topicName }: Target,
  request: RequestHead,
  { catalog, keys, quotas, isOverloaded, clock }: AdmissionOptions,
): Admission | Refusal {
  const key = keyOf(request, keys, shape)
  if (!('hash' in key)) return key
  const topic = topicName === null ? null : resolveTopic(topicName, key, catalog)
  if (topic !== null && isRefusal(topic)) return topic
  const overdrawn = quotas.check(key)
  if (overdrawn) return overdrawn
  if (isOverloaded()) return { code: 'overloaded', retryAfterS: 1 }
  const { headers, query } = request
  const clockFault = clockFaultOf(query, clock.now())
  if (clockFault) return clockFault
  const form = formOf(headers, shape, key.browser === true)
  if (typeof form !== 'string') return form
  const encoding = encodingOf(headers['content-encoding'])
  if (encoding !== null && typeof encoding !== 'string') return encoding
  const idempotencyKey = headers['idempotency-key']
  if (idempotencyKey !== undefined && !(typeof idempotencyKey === 'string' && IDEMPOTENCY_KEY.test(idempotencyKey)))
    return {
      code: 'bad_header',
      details: { header: 'Idempotency-Key' },
      got: describeHeader(String(idempotencyKey)),
      expected: '1 to 255 visible ASCII characters',
    }
  const { prefer } = headers
  const prefersMinimal = prefer !== undefined && MINIMAL.test(String(prefer))
  return {
    key,
    topic,
    form,
    encoding,
    idempotencyKey,
    minimal: prefersMinimal || key.browser === true,
    prefersMinimal,
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Topic } from '@millrace/contracts'
import { type ApiKey, type KeyRing, keyAllowsOrigin } from '../keys/api-key.ts'
import type { Refusal } from '../problem.ts'
import type { Quotas } from '../quota.ts'
import { type BodyEncoding, bodyEncodings } from './read-body.ts'

/** What is settled about a request before its body is read. */
export interface Admission {
  readonly key: ApiKey
  readonly contract: Topic
  readonly form: 'json' | 'ndjson'
  readonly encoding: BodyEncoding | null
  readonly idempotencyKey: string | undefined
  readonly minimal: boolean
}

export interface AdmissionOptions {
  readonly keys: KeyRing
  readonly quotas: Quotas
  readonly isOverloaded: () => boolean
}

const FORMS: Readonly<Record<string, Admission['form']>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}
/** A type whose representation is JSON (RFC 6839). */
const JSON_SUFFIX = /^application\/[\w.!#$&^+-]+\+json$/
const BEARER = /^Bearer +(\S+) *$/i
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/
const MINIMAL = /(?:^|[,\s])return\s*=\s*"?minimal\b/i
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i

/** The live key of the request, or why there is none. */
function keyOf(headers: IncomingHttpHeaders, keys: KeyRing): ApiKey | Refusal {
  const { authorization, origin } = headers
  if (authorization === undefined) return { code: 'key_missing' }
  const text = BEARER.exec(authorization)?.[1]
  if (text === undefined)
    return { code: 'key_missing', hint: 'The Authorization header is there, but is not a Bearer one.' }
  const key = keys.find(text)
  if (!key) return { code: 'key_wrong' }
  if (origin !== undefined && !keyAllowsOrigin(key, origin) && !isSameOrigin(origin, headers.host))
    return { code: 'origin_not_allowed', details: { origin } }
  return key
}

const isSameOrigin = (origin: string, host: string | undefined): boolean =>
  host !== undefined && origin.slice(origin.indexOf('://') + 3) === host

function formOf(contentType: string | undefined): Admission['form'] | Refusal {
  const [type = ''] = (contentType ?? '').split(';', 1)
  const name = type.trim().toLowerCase()
  const form = FORMS[name] ?? (JSON_SUFFIX.test(name) ? 'json' : undefined)
  const charset = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8'
  if (form && (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii')) return form
  const got = contentType === undefined ? 'missing' : `"${contentType}"`
  return {
    code: 'unsupported_media_type',
    details: { got },
    ...(type.trim() === 'application/x-www-form-urlencoded'
      ? { hint: 'With curl, add: -H "Content-Type: application/json".' }
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

/** What is wrong with the text of a header of visible ASCII. */
function describeHeader(text: string): string {
  const at = text.search(/[^\x21-\x7e]/)
  return at < 0
    ? `${text.length} characters`
    : `${text[at] === ' ' ? 'a blank' : 'another character'} at position ${at + 1}`
}

/**
 * Decides from the headers alone whether a request may go on, cheapest and most private checks first: who asks, what for,
 * how much, and in what form.
 */
export function admitRequest(
  contract: Topic,
  headers: IncomingHttpHeaders,
  { keys, quotas, isOverloaded }: AdmissionOptions,
): Admission | Refusal {
  const key = keyOf(headers, keys)
  if (!('hash' in key)) return key
  if (!key.topics.includes(contract.name))
    return {
      code: 'topic_not_allowed',
      details: { topic: contract.name },
      hint: `This key may write ${key.topics.join(', ') || 'no topic at all'}.`,
    }
  const overdrawn = quotas.check(key)
  if (overdrawn) return overdrawn
  if (isOverloaded()) return { code: 'overloaded', retryAfterS: 1 }
  const form = formOf(headers['content-type'])
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
  return {
    key,
    contract,
    form,
    encoding,
    idempotencyKey,
    minimal: prefer !== undefined && MINIMAL.test(String(prefer)),
  }
}

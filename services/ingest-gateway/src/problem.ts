import { type GatewayErrorCode, gatewayErrors } from './errors.ts'

/** Why a request or one record of it was refused: a value, rendered as a problem for the client. */
export interface Refusal {
  readonly code: GatewayErrorCode
  /** What fills the message of the code. */
  readonly details?: Readonly<Record<string, string | number>>
  /** JSON pointer to the field at fault. */
  readonly pointer?: string
  /** What was found there, in words. */
  readonly got?: string
  readonly expected?: string
  /** More faults of the same record, where there are several. */
  readonly also?: readonly { readonly pointer: string; readonly got: string; readonly expected: string }[]
  /** How many more faults there are; `also` lists only the first few. */
  readonly more?: number
  /** Another refusal, whose sentence is part of this one's. */
  readonly about?: Refusal
  /** A sentence that helps this client, after the detail. */
  readonly hint?: string
  readonly retryAfterS?: number
  /** Time of the gateway, ms since the epoch, where the client's clock is at fault. */
  readonly nowMs?: number
  /** Status instead of the code's own. */
  readonly status?: number
}

/** An RFC 9457 problem. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: GatewayErrorCode
  readonly record?: number
  readonly pointer?: string
  readonly got?: string
  readonly expected?: string
  readonly also?: Refusal['also']
  readonly now?: number
}

export const isRefusal = (value: object): value is Refusal => 'code' in value

export const statusOf = (refusal: Refusal): number => refusal.status ?? gatewayErrors[refusal.code].status ?? 500

const MAX_ECHO_CHARACTERS = 200

/** What a client sent, as an answer repeats it: cut where it is long. */
export const echoed = (text: string): string =>
  text.length > MAX_ECHO_CHARACTERS ? `${text.slice(0, MAX_ECHO_CHARACTERS).toWellFormed()}…` : text

/** The sentence a person reads. */
export function detailOf(refusal: Refusal): string {
  const { pointer, got, expected, about } = refusal
  const filling: Record<string, unknown> = { pointer, got, seconds: refusal.retryAfterS, ...refusal.details }
  const own: Record<string, unknown> = { expected, about: about && detailOf(about) }
  const text = gatewayErrors[refusal.code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
    name in own ? String(own[name]) : echoed(String(filling[name])),
  )
  const { more = 0 } = refusal
  return [text, more > 0 ? `${more} more field${more === 1 ? ' is' : 's are'} wrong.` : '', refusal.hint ?? '']
    .filter(part => part !== '')
    .join(' ')
}

/** The problem of a refusal; `record` is the index in the request, where it is about one record. */
export function problemOf(refusal: Refusal, record?: number): Problem {
  return {
    type: `urn:millrace:ingest:${refusal.code}`,
    title: gatewayErrors[refusal.code].title,
    status: statusOf(refusal),
    detail: detailOf(refusal),
    code: refusal.code,
    ...(record === undefined ? {} : { record }),
    ...(refusal.pointer === undefined ? {} : { pointer: echoed(refusal.pointer) }),
    ...(refusal.got === undefined ? {} : { got: refusal.got }),
    ...(refusal.expected === undefined ? {} : { expected: refusal.expected }),
    ...(refusal.also?.length
      ? { also: refusal.also.map(({ pointer, ...field }) => ({ pointer: echoed(pointer), ...field })) }
      : {}),
    ...(refusal.nowMs === undefined ? {} : { now: refusal.nowMs }),
  }
}

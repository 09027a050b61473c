import { CodedError } from '@millrace/runtime'
import { ClientError } from '../kafka-errors.ts'

/** An error of the library or of a socket, which says in fields what its class does not. */
interface LibraryError extends Error {
  readonly code?: string
  /** The protocol's name of what went wrong. */
  readonly apiId?: string
  readonly canRetry?: boolean
  readonly serverErrorMessage?: string | null
  readonly errors?: readonly unknown[]
}

const LOGIN = 'PLT_KFK_AUTHENTICATION'
const ABOUT_A_LOGIN = new Set(['UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE', 'SASL_AUTHENTICATION_FAILED'])
const ABOUT_A_CERTIFICATE = /certificate|altnames|self.signed/i
const MAX_LINKS = 16

/** The error with its causes and parts, outermost first. */
function linksOf(error: unknown): LibraryError[] {
  const links: LibraryError[] = []
  const waiting: unknown[] = [error]
  for (let link = waiting.shift(); link instanceof Error && links.length < MAX_LINKS; link = waiting.shift()) {
    links.push(link)
    waiting.push(...((link as LibraryError).errors ?? []))
    if (link.cause !== undefined) waiting.push(link.cause)
  }
  return links
}

function refusalOf(links: readonly LibraryError[]): 'login_refused' | 'certificate_refused' | undefined {
  for (const { apiId, code, cause, message } of links) {
    // A login that failed for want of a connection has that as its cause.
    if (ABOUT_A_LOGIN.has(apiId ?? '') || (code === LOGIN && cause === undefined)) return 'login_refused'
    if (ABOUT_A_CERTIFICATE.test(message)) return 'certificate_refused'
  }
  return undefined
}

/** A listener that wants TLS, or has none, only hangs up: what may be behind that. */
function hintOf(reason: string): string {
  if (/TLS handshake failed|before secure TLS connection|wrong version number|packet length too long/i.test(reason))
    return 'MILLRACE_KAFKA_TLS is true: does this listener speak TLS?'
  if (/requires TLS|Connection closed/.test(reason))
    return 'Where this listener speaks TLS or asks for a login, set MILLRACE_KAFKA_TLS to true, or MILLRACE_KAFKA_SASL_MECHANISM with a username and password.'
  return ''
}

/** An error of the library in the adapter's words. */
export function clientError(error: unknown): Error {
  if (error instanceof ClientError || error instanceof CodedError) return error
  if (!(error instanceof Error)) return new ClientError(String(error))
  const links = linksOf(error)
  const types = links.map(({ apiId }) => apiId).filter(apiId => apiId !== undefined)
  const type = types.find(apiId => apiId !== 'UNKNOWN_SERVER_ERROR') ?? types[0]
  const said = links.flatMap(({ message, serverErrorMessage }) =>
    serverErrorMessage ? [message, serverErrorMessage] : [message],
  )
  const reason = `${type ?? (error as LibraryError).code ?? error.name}: ${[...new Set(said)].join(' ')}`.replaceAll(
    /\s+/g,
    ' ',
  )
  const hint = hintOf(reason)
  const isFinal = links.some(({ canRetry, code }) => canRetry === false && code !== LOGIN)
  return new ClientError(
    reason,
    {
      type,
      // Who only hangs up may be a broker that stops.
      isPassing:
        hint !== '' || type === 'BROKER_NOT_AVAILABLE' || (!isFinal && links.some(({ canRetry }) => canRetry === true)),
      refusal: refusalOf(links),
      hint,
    },
    error,
  )
}

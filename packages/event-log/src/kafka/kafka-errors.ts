import { CodedError } from '@millrace/runtime'
import { logError } from '../errors.ts'

/** An error of kafkajs, which says in fields what its class does not. */
interface KafkaJsError extends Error {
  readonly type?: string
  readonly code?: string | number
  readonly retriable?: boolean
}

/** The error and its causes, outermost first. */
function* chain(error: unknown): Generator<KafkaJsError> {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++)
    yield link as KafkaJsError
}

/** The protocol's name of what went wrong, e.g. `MESSAGE_TOO_LARGE`. */
export function errorType(error: unknown): string | undefined {
  for (const { type } of chain(error)) if (type) return type
  return undefined
}

/** kafkajs calls these final; they only say that no broker answered at the moment. */
const PASSING = new Set([
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSNumberOfRetriesExceeded',
])

const ABOUT_A_LOGIN = new Set(['UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE', 'SASL_AUTHENTICATION_FAILED'])
const ABOUT_A_CERTIFICATE = /certificate|altnames|self.signed/i

/** What the settings and the brokers do not agree on, and waiting will not change. */
function disagreement(links: readonly KafkaJsError[]): 'login_refused' | 'certificate_refused' | undefined {
  for (const { name, type, message } of links) {
    if (name === 'KafkaJSSASLAuthenticationError' || ABOUT_A_LOGIN.has(type ?? '')) return 'login_refused'
    if (name === 'KafkaJSConnectionError' && ABOUT_A_CERTIFICATE.test(message)) return 'certificate_refused'
  }
  return undefined
}

/** A listener that wants TLS, or has none, only hangs up: what may be behind that. */
function hintOf(message: string): string {
  if (/before secure TLS connection|wrong version number|packet length too long/i.test(message))
    return ' MILLRACE_KAFKA_TLS is true: does this listener speak TLS?'
  if (/Closed connection/.test(message))
    return ' Where this listener speaks TLS or asks for a login, set MILLRACE_KAFKA_TLS to true, or MILLRACE_KAFKA_SASL_MECHANISM with a username and password.'
  return ''
}

/** Whether the cluster may answer otherwise a little later. */
export function isPassing(error: unknown): boolean {
  const links = [...chain(error)]
  if (disagreement(links)) return false
  return links.some(
    ({ name, retriable, type }) => retriable === true || PASSING.has(name) || type === 'BROKER_NOT_AVAILABLE',
  )
}

/**
 * When its last broker goes away kafkajs reads answers that it has not got (a TypeError) or uses a broker that it never
 * reached (a plain "Broker not connected"), and stays confused: a new client is needed.
 */
export function isBrokenClient(error: unknown): boolean {
  for (const link of chain(error)) if (link instanceof TypeError || link.message === 'Broker not connected') return true
  return false
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${errorType(error) ?? error.name}: ${error.message}` : String(error)

/** An error of kafkajs as the caller of the log sees it; `what` names what was tried. */
export function kafkaError(error: unknown, what: string, brokers: readonly string[]): CodedError {
  if (error instanceof CodedError) return error
  const where = brokers.join(', ')
  const reason = reasonOf(error)
  const found = disagreement([...chain(error)])
  if (found) return logError(found, { where, reason }, error)
  if (isPassing(error) || isBrokenClient(error))
    return logError('log_unavailable', { where, reason: `${reason}${hintOf(reason)}` }, error)
  return logError('log_refused', { what, reason }, error)
}

import { CodedError } from '@millrace/runtime'
import { ClientError } from '../kafka-errors.ts'

/** An error of kafkajs, which says in fields what its class does not. */
interface KafkaJsError extends Error {
  readonly type?: string
  readonly retriable?: boolean
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

function refusalOf(links: readonly KafkaJsError[]): 'login_refused' | 'certificate_refused' | undefined {
  for (const { name, type, message } of links) {
    if (name === 'KafkaJSSASLAuthenticationError' || ABOUT_A_LOGIN.has(type ?? '')) return 'login_refused'
    if (name === 'KafkaJSConnectionError' && ABOUT_A_CERTIFICATE.test(message)) return 'certificate_refused'
  }
  return undefined
}

/** A listener that wants TLS, or has none, only hangs up: what may be behind that. */
function hintOf(reason: string): string {
  if (/before secure TLS connection|wrong version number|packet length too long/i.test(reason))
    return 'MILLRACE_KAFKA_TLS is true: does this listener speak TLS?'
  if (/Closed connection/.test(reason))
    return 'Where this listener speaks TLS or asks for a login, set MILLRACE_KAFKA_TLS to true, or MILLRACE_KAFKA_SASL_MECHANISM with a username and password.'
  return ''
}

/** An error of kafkajs in the adapter's words. */
export function clientError(error: unknown): Error {
  if (error instanceof ClientError || error instanceof CodedError) return error
  if (!(error instanceof Error)) return new ClientError(String(error))
  const links: KafkaJsError[] = []
  for (let link: unknown = error; link instanceof Error && links.length < 8; link = link.cause) links.push(link)
  const type = links.find(link => link.type)?.type
  const reason = `${type ?? error.name}: ${error.message}`
  const facts = {
    type,
    isPassing: links.some(
      link => link.retriable === true || PASSING.has(link.name) || link.type === 'BROKER_NOT_AVAILABLE',
    ),
    // When its last broker goes away kafkajs reads answers that it has not got (a TypeError) or uses a broker that it never
    // reached (a plain "Broker not connected"), and stays confused.
    isClientBroken: links.some(link => link instanceof TypeError || link.message === 'Broker not connected'),
    refusal: refusalOf(links),
    hint: hintOf(reason),
  }
  return new ClientError(reason, facts, error)
}

/** Runs a call of kafkajs; what it throws comes out as a ClientError. */
export async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw clientError(error)
  }
}

import { CodedError } from '@millrace/runtime'
import { logError } from '../errors.ts'

interface Facts {
  /** The protocol's name of what went wrong, e.g. `MESSAGE_TOO_LARGE`. */
  readonly type?: string | undefined
  /** The cluster may answer otherwise a little later. */
  readonly isPassing?: boolean
  /** The client is confused: a new one may do better. */
  readonly isClientBroken?: boolean
  /** What the settings and the brokers do not agree on, and waiting will not change. */
  readonly refusal?: 'login_refused' | 'certificate_refused' | undefined
  /** What may be behind it, for who reads the message. */
  readonly hint?: string
}

/** An error of a client library in the words that both have in common. */
export class ClientError extends Error {
  readonly facts: Facts

  /** @param reason one line, without secrets */
  constructor(reason: string, facts: Facts = {}, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause })
    this.name = 'ClientError'
    this.facts = facts
  }
}

function factsOf(error: unknown): Facts {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++)
    if (link instanceof ClientError) return link.facts
  return {}
}

/** The protocol's name of what went wrong. */
export const errorType = (error: unknown): string | undefined => factsOf(error).type

/** Whether the cluster may answer otherwise a little later. */
export function isPassing(error: unknown): boolean {
  const { refusal, isPassing } = factsOf(error)
  return !refusal && isPassing === true
}

export const isBrokenClient = (error: unknown): boolean => factsOf(error).isClientBroken === true

export function reasonOf(error: unknown): string {
  if (error instanceof ClientError) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** An error of a client library as the caller of the log sees it; `what` names what was tried. */
export function kafkaError(error: unknown, what: string, brokers: readonly string[]): CodedError {
  if (error instanceof CodedError) return error
  const where = brokers.join(', ')
  const reason = reasonOf(error)
  const { refusal, hint } = factsOf(error)
  if (refusal) return logError(refusal, { where, reason }, error)
  if (isPassing(error) || isBrokenClient(error))
    return logError('log_unavailable', { where, reason: hint ? `${reason} ${hint}` : reason }, error)
  return logError('log_refused', { what, reason }, error)
}

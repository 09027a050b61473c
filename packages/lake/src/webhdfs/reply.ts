import type { CodedError } from '@millrace/runtime'
import { lakeError } from '../errors.ts'

/** A raw, unchecked answer. */
export interface Reply {
  readonly status: number
  readonly body: string
  readonly location?: string | undefined
}

/** The request, for messages. */
export type Call = {
  readonly where: string
  readonly operation: string
  readonly path: string
}

export interface RemoteException {
  readonly exception: string
  readonly message: string
}

/** The exception that an answer carries, or null. */
export function remoteException({ body }: Reply): RemoteException | null {
  try {
    const { exception, message } = (JSON.parse(body) as { RemoteException: Record<string, unknown> }).RemoteException
    return typeof exception === 'string' ? { exception, message: String(message) } : null
  } catch {
    return null
  }
}

const PASSING_STATUS = new Set([408, 413, 429, 500, 502, 503, 504])
const PATH_EXCEPTIONS = new Set([
  'IllegalArgumentException',
  'InvalidPathException',
  'ParentNotDirectoryException',
  'PathComponentTooLongException',
  'PathIsNotEmptyDirectoryException',
  'FSLimitException$PathComponentTooLongException',
])

/** Errors that may be of one NameNode only. */
export const isNameNodeFault = (error: unknown): boolean =>
  (error as CodedError | undefined)?.details?.nameNodeFault === true

/** Maps an unexpected answer to its error. */
export function errorOfReply(reply: Reply, call: Call): CodedError {
  const remote = remoteException(reply)
  if (!remote) {
    const reason = `HTTP ${reply.status}`
    if (PASSING_STATUS.has(reply.status)) return lakeError('lake_unavailable', { ...call, reason, nameNodeFault: true })
    if (reply.status === 401) {
      return lakeError('lake_refused', {
        ...call,
        reason: `${reason}; it may want Kerberos, which needs a delegation token here`,
      })
    }
    return lakeError('lake_unexpected', { ...call, reason })
  }
  const { exception, message } = remote
  const reason = `${exception}: ${message.split('\n')[0]}`
  if (/safe ?mode/i.test(message) || exception === 'SafeModeException') return lakeError('safe_mode', call)
  if (exception === 'StandbyException' || exception === 'RetriableException') {
    return lakeError('lake_unavailable', { ...call, reason, nameNodeFault: true })
  }
  if (exception === 'FileNotFoundException') return lakeError('not_found', call)
  if (/QuotaExceeded/.test(exception)) return lakeError('disk_full', { ...call, reason })
  if (PATH_EXCEPTIONS.has(exception)) return lakeError('path_refused', { ...call, reason })
  if (/^(AccessControl|Security|Authentication|Authorization)Exception$|Token/.test(exception)) {
    return lakeError('lake_refused', { ...call, reason })
  }
  // A plain IOException: no DataNode available, a lost connection behind the NameNode, and so on.
  if (exception === 'IOException' || exception === 'LeaseExpiredException')
    return lakeError('lake_unavailable', { ...call, reason })
  return lakeError(PASSING_STATUS.has(reply.status) ? 'lake_unavailable' : 'lake_refused', { ...call, reason })
}

/** The JSON of an answer with status 200; throws the mapped error otherwise. */
export function jsonOf<T>(reply: Reply, call: Call): T {
  if (reply.status !== 200) throw errorOfReply(reply, call)
  try {
    const value: unknown = JSON.parse(reply.body)
    if (typeof value === 'object' && value !== null) return value as T
  } catch {
    // Falls through to the error.
  }
  throw lakeError('lake_unexpected', {
    ...call,
    reason: `expected JSON, got ${JSON.stringify(reply.body.slice(0, 80))}`,
  })
}

/** The result of MKDIRS, RENAME and DELETE, which report `false` with status 200. */
export function booleanOf(reply: Reply, call: Call): boolean {
  const { boolean: verdict } = jsonOf<{ boolean?: unknown }>(reply, call)
  if (typeof verdict === 'boolean') return verdict
  throw lakeError('lake_unexpected', {
    ...call,
    reason: `expected {"boolean":…}, got ${JSON.stringify(reply.body.slice(0, 80))}`,
  })
}

import { type CodedError, type ErrorTable, errorFactory } from './errors.ts'

export const listenErrors = {
  port_in_use: {
    message: 'Port {port} on {host} is in use: stop what listens there, or choose a free one ({portSetting}).',
    retryable: true,
    kind: 'infrastructure',
  },
  port_forbidden: {
    message: 'Port {port} on {host} is not for this user: choose one from 1024 on ({portSetting}).',
    retryable: false,
    kind: 'input',
  },
  host_unusable: {
    message:
      'Cannot listen on {host}: {reason}. Expected a name or an address of this machine, such as 127.0.0.1 or ::1, or 0.0.0.0 for all of them ({hostSetting}).',
    retryable: false,
    kind: 'input',
  },
} as const satisfies ErrorTable

const listenError = errorFactory('ListenError', listenErrors)

const HOST_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'this name has no address',
  EAI_AGAIN: 'this name cannot be resolved',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine has no addresses of this kind',
  EINVAL: 'this address cannot be listened on',
}

export interface ListenPlace {
  readonly host: string
  readonly port: number
  /** What sets the host, for people. */
  readonly hostSetting: string
  readonly portSetting: string
}

function explained(error: NodeJS.ErrnoException, place: ListenPlace): CodedError | Error {
  const { code = '' } = error
  if (code === 'EADDRINUSE') return listenError('port_in_use', { ...place }, error)
  if (code === 'EACCES') return listenError('port_forbidden', { ...place }, error)
  const reason = HOST_REASONS[code]
  return reason ? listenError('host_unusable', { ...place, host: JSON.stringify(place.host), reason }, error) : error
}

/**
 * Runs what listens at a place.
 * @throws ListenError that says what was given, what was expected and which setting to change
 */
export async function listenAt<T>(place: ListenPlace, listen: () => Promise<T>): Promise<T> {
  // Node would listen on every address.
  if (place.host.trim() === '')
    throw listenError('host_unusable', { ...place, host: JSON.stringify(place.host), reason: 'it is blank' })
  try {
    return await listen()
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException, place)
  }
}

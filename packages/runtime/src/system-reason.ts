const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that',
  EBUSY: 'it is in use',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  EDQUOT: 'the quota of this user is used up',
  EEXIST: 'it is there already',
  EHOSTUNREACH: 'there is no way to that address',
  EIO: 'the disk failed',
  EISDIR: 'that is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the path, or a name in it, is too long',
  ENETUNREACH: 'there is no way to that address',
  ENFILE: 'too many files are open',
  ENODEV: 'there is no such device',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTFOUND: 'this name has no address',
  ENXIO: 'there is no such device',
  EPERM: 'this is not permitted',
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'there was no answer in time',
}

/** Whether an error is what the system answered to a call. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'

/** Why the system refused a call, for people, with its code; another error's message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '' } = error as NodeJS.ErrnoException
  const reason = REASONS[code]
  return reason === undefined ? error.message : `${reason} (${code})`
}

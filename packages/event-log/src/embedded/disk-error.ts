import { CodedError } from '@millrace/runtime'
import { logError } from '../errors.ts'

/** An error of the file system as the caller of the log sees it. */
export function diskError(
  error: unknown,
  where: { readonly topic: string; readonly partition: number | string; readonly directory: string },
): CodedError {
  if (error instanceof CodedError) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return logError('log_disk_full', where, error)
  return logError('log_unavailable', { where: where.directory, reason: message }, error)
}

import { CodedError, type ErrorTable, errorFactory } from '@millrace/runtime'

export const lakeErrors = {
  path_refused: {
    message: 'The lake path {path} is refused: {reason}.',
    retryable: false,
    kind: 'input',
  },
  not_found: { message: 'There is no file {path} in {where}.', retryable: false, kind: 'input' },
  disk_full: {
    message: 'No space left to write {path} in {where}: free some space, the writer then continues.',
    retryable: true,
    kind: 'infrastructure',
  },
  lake_unavailable: {
    message: '{where} cannot be reached for {operation} of {path}: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  lake_timeout: {
    message: '{where} did not answer {operation} of {path} within {timeoutMs} ms.',
    retryable: true,
    kind: 'infrastructure',
  },
  safe_mode: {
    message: '{where} is in safe mode and takes no writes ({operation} of {path}).',
    retryable: true,
    kind: 'infrastructure',
  },
  write_incomplete: {
    message: '{path} has {got} bytes in {where} after a write of {expected} bytes.',
    retryable: true,
    kind: 'infrastructure',
  },
  lake_refused: {
    message: '{where} refuses {operation} of {path}: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  lake_unexpected: {
    message: '{where} gave an answer to {operation} of {path} that is not valid: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  claim_unsettled: {
    message: 'The outcome of the claim {path} is not known yet.',
    retryable: true,
    kind: 'infrastructure',
  },
  manifest_invalid: {
    message: 'The manifest {path} in {where} cannot be read: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  receipt_invalid: {
    message: 'The receipt of an erasure {path} in {where} cannot be read: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  data_file_missing: {
    message: 'A manifest names {path}, but neither this file nor {temporaryPath} exists in {where}.',
    retryable: false,
    kind: 'infrastructure',
  },
  data_file_damaged: {
    message: 'The data file {path} in {where} is damaged: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  lake_ahead_of_log: {
    message:
      'The lake holds {topic}/{partition} up to offset {lake}, but the log has a newer record at offset {log}: the topic was deleted and created again. Archive it under another lake root.',
    retryable: false,
    kind: 'infrastructure',
  },
  column_refused: {
    message: 'The topic {topic} cannot be stored as Parquet: the column name {column} {reason}.',
    retryable: false,
    kind: 'input',
  },
} as const satisfies ErrorTable

export const lakeError = errorFactory('LakeError', lakeErrors)

const undecodable = { retryable: false, kind: 'input' } as const

/** Why a record cannot be stored, by the code of its failed event. */
export const undecodableErrors = {
  invalid_utf8: { ...undecodable, message: 'The bytes are not valid UTF-8.' },
  invalid_json: { ...undecodable, message: 'The bytes are not JSON: {reason}' },
  not_an_object: { ...undecodable, message: 'The JSON is not an object.' },
  too_deep: { ...undecodable, message: 'The JSON is nested more than {limit} levels deep.' },
} as const satisfies ErrorTable

export const undecodableError = errorFactory('UndecodableError', undecodableErrors)

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTSUP', 'ENOSYS', 'EXDEV', 'EMLINK'])
const PASSING = new Set(['EMFILE', 'ENFILE', 'EBUSY', 'EAGAIN', 'ESTALE', 'ETIMEDOUT', 'EINTR'])
const NAME = new Set(['ENAMETOOLONG', 'EISDIR', 'ENOTDIR', 'EINVAL', 'EILSEQ'])

export const fsCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Maps an error of the local file system to a `LakeError`; unknown errors are returned unchanged. */
export function fromFileSystem(error: unknown, details: { where: string; operation: string; path: string }): unknown {
  const code = fsCode(error)
  if (FULL.has(code)) return lakeError('disk_full', details, error)
  if (code === 'ENOENT') return lakeError('not_found', details, error)
  if (NAME.has(code)) return lakeError('path_refused', { ...details, reason: (error as Error).message }, error)
  if (REFUSED.has(code)) return lakeError('lake_refused', { ...details, reason: (error as Error).message }, error)
  if (PASSING.has(code)) return lakeError('lake_unavailable', { ...details, reason: (error as Error).message }, error)
  return error
}

/** An error of reading a local data file: what is wrong with its content is `data_file_damaged`, coded errors stay as they are. */
export const fromContent = (error: unknown, path: string): unknown =>
  error instanceof CodedError
    ? error
    : lakeError('data_file_damaged', { path, where: 'the local directory', reason: (error as Error).message }, error)

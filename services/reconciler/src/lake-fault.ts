import { CodedError } from '@millrace/runtime'

/** What a lake says of a file or manifest that is not what it should be; waiting changes none of them. */
const FAULTS = new Set(['data_file_missing', 'data_file_damaged', 'manifest_invalid'])

/** Whether an error is about what the lake holds, and not about whether it answers. */
export const isLakeFault = (error: unknown): error is CodedError =>
  error instanceof CodedError && FAULTS.has(error.code)

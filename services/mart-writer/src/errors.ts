import { type ErrorTable, errorFactory } from '@millrace/runtime'

/** Why a record has no place in the mart, besides what the decoding of JSON finds. */
export const martWriterErrors = {
  unfit_value: {
    message: '{table}: {column} is {got}, expected {expected}.',
    retryable: false,
    kind: 'input',
  },
  refused_by_mart: {
    message: 'The mart refuses the row for {table}: {reason}',
    retryable: false,
    kind: 'input',
  },
} as const satisfies ErrorTable

export const martWriterError = errorFactory('MartWriterError', martWriterErrors)

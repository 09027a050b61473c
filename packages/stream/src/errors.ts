import { CodedError, type ErrorTable, errorFactory } from '@millrace/runtime'

export const streamErrors = {
  step_failed: {
    message: 'A step of {service} failed on {topic}/{partition} at offset {offset}: {reason}',
    retryable: false,
    kind: 'internal',
  },
  total_unreadable: {
    message:
      'The record of {topic}/{partition} at offset {offset} is not a running total: expected {expected}. Totals cannot begin anew over it; publish a valid record under its key, or one without a value to begin that total anew.',
    retryable: false,
    kind: 'internal',
  },
  topics_missing: { message: 'Waiting for the topics: {reason}', retryable: true, kind: 'infrastructure' },
  gave_up: {
    message: 'Gave up on {what} after {seconds} s and {attempts} attempts: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
} as const satisfies ErrorTable

export const streamError = errorFactory('StreamError', streamErrors)

/** Where a whole platform starts at once, services may be there before their topics are: an unknown topic is waited for. */
export const awaitTopic = (error: unknown): unknown =>
  error instanceof CodedError && error.code === 'unknown_topic'
    ? streamError('topics_missing', { reason: error.message }, error)
    : error

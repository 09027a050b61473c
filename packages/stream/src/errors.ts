import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const streamErrors = {
  step_failed: {
    message: 'A step of {service} failed on {topic}/{partition} at offset {offset}: {reason}',
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

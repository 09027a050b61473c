import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const streamErrors = {
  step_failed: {
    message: 'A step of {service} failed on {topic}/{partition} at offset {offset}: {reason}',
    retryable: false,
    kind: 'internal',
  },
} as const satisfies ErrorTable

export const streamError = errorFactory('StreamError', streamErrors)

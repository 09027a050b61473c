import type { ErrorTable } from '@millrace/runtime'

/** Why an action cannot be curated; the key is the reason code of the failed event. */
export const curatorErrors = {
  not_json: {
    message: 'The record is not a JSON object ({reason}): mend it and send it again through the gateway.',
    retryable: false,
    kind: 'input',
  },
  invalid_field: {
    message: '{path} is {got}, expected {expected}: mend it and send it again through the gateway.',
    retryable: false,
    kind: 'input',
  },
} as const satisfies ErrorTable

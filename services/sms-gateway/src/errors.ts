import { type ErrorTable, errorFactory } from '@millrace/runtime'

/** Why a message was not sent, by the code of the failed event. */
export const smsGatewayErrors = {
  sms_refused: {
    message: 'The provider {provider} refuses the message: {reason}',
    retryable: false,
    kind: 'input',
  },
  sms_not_sent: {
    message: 'The provider {provider} took no message in {attempts} attempts: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
} as const satisfies ErrorTable

export const smsGatewayError = errorFactory('SmsGatewayError', smsGatewayErrors)

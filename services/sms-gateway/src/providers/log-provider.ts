import type { Logger } from '@millrace/runtime'
import type { SmsProvider } from './provider.ts'

/** Writes a log line for each message in place of sending it; the text of a message is never in the log. */
export const createLogProvider = (logger: Logger): SmsProvider => ({
  name: 'log',
  async send({ requestId, customerId, campaign, campaignDay, text }) {
    logger.info({ requestId, customerId, campaign, campaignDay, characters: text.length }, 'sms')
    return { kind: 'sent' }
  },
})

import { makerOf } from '@millrace/contracts'
import { music } from '@millrace/domains/music/contract'
import type { LogReader } from '@millrace/event-log'
import type { Topology } from '@millrace/stream'
import { OutboxProcessor } from './outbox-processor.ts'
import type { SendOptions } from './steps/send-message.ts'

export interface SmsGatewayOptions extends SendOptions {
  /** For reading the receipts again after a restart. */
  readonly log: LogReader
}

/** notifications.sms → notifications.sms-receipts, one for each message that the provider took. */
export const createSmsGatewayTopology = (options: SmsGatewayOptions): Topology => ({
  name: makerOf(music.topics.smsReceipts),
  topics: [music.topics.smsRequests],
  outputs: [music.topics.smsReceipts],
  createProcessor: () => new OutboxProcessor(options),
})

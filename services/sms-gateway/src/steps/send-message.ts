import { backoffMs, type Clock } from '@millrace/runtime'
import { smsGatewayError } from '../errors.ts'
import type { SmsMessage, SmsProvider } from '../providers/provider.ts'

const BACKOFF = { firstDelayMs: 500, maxDelayMs: 30_000 }
const LONGEST_RETRY_AFTER_MS = 60_000

export interface SendOptions {
  readonly provider: SmsProvider
  /** The first one included. */
  readonly attempts: number
  readonly clock: Clock
  /** In [0, 1): spreads attempts. */
  readonly random: () => number
}

/**
 * Sends a message, with waits between attempts that grow, and are longer where the provider asks for it.
 * @throws SmsGatewayError `sms_refused`, `sms_not_sent`
 */
export async function sendMessage(
  message: SmsMessage,
  { provider, attempts, clock, random }: SendOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await provider.send(message)
    if (answer.kind === 'sent') return
    const { reason } = answer
    if (answer.kind === 'refused') throw smsGatewayError('sms_refused', { provider: provider.name, reason })
    if (attempt >= attempts) throw smsGatewayError('sms_not_sent', { provider: provider.name, attempts, reason })
    const askedMs = Math.min(answer.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
    await clock.sleep(Math.max(askedMs, backoffMs(BACKOFF, attempt, random())))
  }
}

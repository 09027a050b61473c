/** A message on its way to a customer. */
export interface SmsMessage {
  /** Idempotency key: a provider that gets it again sends nothing again. */
  readonly requestId: string
  readonly customerId: number
  readonly campaign: string
  readonly campaignDay: string
  readonly text: string
}

/** What a provider answers to an attempt. */
export type SmsAnswer =
  | { readonly kind: 'sent' }
  /** It will never take the message. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may take it later, or has taken it and did not say so. */
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs: number | null }

/** Sends messages. An adapter makes one attempt; what is done about the answer is the service's. */
export interface SmsProvider {
  readonly name: string
  send(message: SmsMessage): Promise<SmsAnswer>
}

import type { SimulatedRequest, SimulatedResponse } from '../outside/http.ts'

/** Where the HTTP provider of messages listens. */
export const SMS_URL = 'http://sms.test'

/** An attempt to send a message that the provider has taken. */
export interface TakenAttempt {
  /** When the process began that made it. */
  readonly senderStartedMs: number
  readonly takenMs: number
}

/** A provider of messages: it sends one with an idempotency key once, however often it comes. */
export class SmsProviderServer {
  /** By idempotency key, in their order. */
  readonly taken = new Map<string, TakenAttempt[]>()
  isUp = true
  /** Answers like a provider that is overloaded. */
  isBusy = false

  take({ headers, from }: SimulatedRequest, nowMs: number): SimulatedResponse {
    if (this.isBusy) return { status: 503, headers: { 'retry-after': '2' }, body: 'busy' }
    const key = headers['idempotency-key']
    if (key === undefined) return { status: 400, headers: {}, body: 'The header idempotency-key is missing.' }
    const attempts = this.taken.get(key) ?? []
    attempts.push({ senderStartedMs: from.startedMs, takenMs: nowMs })
    this.taken.set(key, attempts)
    return { status: 202, headers: {}, body: '' }
  }
}

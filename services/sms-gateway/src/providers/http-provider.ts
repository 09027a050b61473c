import { type Clock, type Secret, systemReason } from '@millrace/runtime'
import type { SmsAnswer, SmsProvider } from './provider.ts'

export interface HttpProviderOptions {
  readonly url: string
  readonly token?: Secret | undefined
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Statuses below 500 after which the same request may succeed. */
const AGAIN = new Set([408, 409, 425, 429])
const SHOWN_CHARACTERS = 200

/** Seconds or an HTTP date (RFC 9110, section 10.2.3) as ms from now; null for neither. */
function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}

/** The beginning of a body, of any length; empty where the connection is lost meanwhile. */
async function beginningOf({ body }: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.length >= SHOWN_CHARACTERS) break
    }
  } catch {
    // The status says enough.
  }
  return text.slice(0, SHOWN_CHARACTERS)
}

/**
 * Sends each message as JSON in a POST with its id as `Idempotency-Key`. 2xx is sent; 408, 409, 425, 429, 5xx, a timeout and a lost
 * connection may be tried again; any other answer, redirects included, refuses the message.
 */
export const createHttpProvider = ({ url, token, timeoutMs, clock }: HttpProviderOptions): SmsProvider => ({
  name: 'http',
  async send(message): Promise<SmsAnswer> {
    const timeout = new AbortController()
    const answered = new AbortController()
    clock.sleep(timeoutMs, answered.signal).then(
      () => timeout.abort(),
      () => {},
    )
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': message.requestId,
          ...(token && { authorization: `Bearer ${token.reveal()}` }),
        },
        body: JSON.stringify(message),
        signal: timeout.signal,
      })
      const { status } = response
      const text = await beginningOf(response)
      if (response.ok) return { kind: 'sent' }
      // A provider may repeat what it was sent.
      const shown = token ? text.replaceAll(token.reveal(), '[redacted]') : text
      const reason = `HTTP ${status} ${shown.replaceAll(message.text, '[text]')}`.trim()
      if (status < 500 && !AGAIN.has(status)) return { kind: 'refused', reason }
      const after = retryAfterMs(response.headers.get('retry-after'), clock.now())
      return { kind: 'again', reason, retryAfterMs: after }
    } catch (error) {
      const cause = (error as Error).cause ?? error
      const reason = timeout.signal.aborted ? `no answer within ${timeoutMs} ms` : systemReason(cause)
      return { kind: 'again', reason, retryAfterMs: null }
    } finally {
      answered.abort()
    }
  },
})

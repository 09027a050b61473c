import { CLOCK_SKEW_STATUS, KEY_PARAMETER, SENT_PARAMETER } from '@millrace/contracts/browser-requests'
import { now } from './clock.ts'
import { bodyOf, confirmClock, finish, take } from './queue.ts'
import { hasConsent, site } from './site.ts'
import { loadNumber, save } from './storage.ts'

/** Path of the gateway for these events. */
declare const EVENTS_PATH: string

/** From an event to its request, so that several go together, ms. */
const DELAY_MS = 1_000
const MAX_BACKOFF_S = 300
/** Longest wait that another page can have left, ms: a clock that jumps must not stop sending. */
const MAX_WAIT_MS = 3_600_000
/** Longer than the gateway takes. So long one tab keeps the others from sending. */
const REQUEST_TIMEOUT_MS = 15_000

/** Another tab may end the wait earlier. */
const MAX_CHECK_MS = 2_000

let timer = 0
let isSending = false
let isStopped = false
let failures = 0

/** What the gateway, or something on the way, may answer. */
interface Answer {
  accepted?: number
  failed?: number
  results?: { index: number; status: number }[]
  now?: number
}

/** Sends in `delayMs` or a bit later, so that tabs do not coincide, unless that is planned already. */
export function schedule(delayMs = DELAY_MS): void {
  timer = timer || setTimeout(flush, delayMs * (1 + Math.random() / 2))
}

/**
 * No tab sends before. It is kept where the events are, so other tabs see it after what was removed: a lock of the browser is given on
 * before they do, and one that is held keeps a page out of the back-forward cache.
 */
const wait = (delayMs: number): void => save('millrace.w', Date.now() + delayMs)

/** Sends batch after batch until nothing is left or one fails. The first request is made before this returns. */
async function send(onlyOwn?: unknown): Promise<void> {
  const batch = take(onlyOwn)
  if (!batch[0]) return
  const sentMs = now()
  let status = 0
  let retryAfterS = 0
  let answer: Answer = {}
  wait(REQUEST_TIMEOUT_MS)
  try {
    const response = await fetch(
      `${site.endpoint}${EVENTS_PATH}?${KEY_PARAMETER}=${site.key}&${SENT_PARAMETER}=${sentMs}`,
      {
        method: 'POST',
        body: bodyOf(batch),
        keepalive: true,
        referrerPolicy: 'no-referrer',
        signal: 'timeout' in AbortSignal ? AbortSignal.timeout(REQUEST_TIMEOUT_MS) : null,
      },
    )
    status = response.status
    retryAfterS = +(response.headers.get('retry-after') || 0)
    answer = Object(await response.json())
  } catch {}
  if (!hasConsent()) return
  const { accepted = 0, failed = 0, results, now: gatewayMs } = answer
  let again = batch
  if (results && accepted + failed === batch.length) {
    again = results.filter(result => result.status > 499).map(result => batch[result.index] as string)
    confirmClock(0)
    failures = again.length && failures
  }
  finish(batch, again)
  wait(0)
  if (!again[0] || (status === CLOCK_SKEW_STATUS && gatewayMs && confirmClock(gatewayMs - sentMs))) return send(onlyOwn)
  isStopped = /40[13]/.test(`${status}`)
  wait(1_000 * Math.max(Math.min(MAX_BACKOFF_S, 2 ** failures++), retryAfterS || 0))
  schedule(0)
}

/**
 * Sends what is queued, unless it must wait. For an event of the browser only what this page has: the other tabs get the same event. With
 * true, when the page is left, at once; what is sent stays queued until it is acknowledged.
 */
export function flush(cause?: unknown): void {
  const waitMs = loadNumber('millrace.w') - Date.now()
  clearTimeout(timer)
  timer = 0
  if (isStopped || !hasConsent() || !navigator.onLine) return
  if (waitMs > 0 && waitMs < MAX_WAIT_MS && !isSending) schedule(Math.min(waitMs, MAX_CHECK_MS))
  else if (cause === true) {
    send(true)
    wait(0)
  } else if (!isSending) {
    isSending = true
    send(cause).then(() => {
      isSending = false
    })
  }
}

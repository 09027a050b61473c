import { type Clock, isRetryable, WaitReasons } from '@millrace/runtime'

const AGAIN_AFTER_MS = 1_000

/**
 * Repeats an attempt while it throws retryable errors, and says each time when the reason is another one.
 * @throws what is not retryable, and an error with the last reason after the deadline
 */
export async function untilDone<T>(
  attempt: () => Promise<T>,
  options: { readonly deadlineMs: number; readonly clock: Clock; readonly say: (line: string) => void },
): Promise<T> {
  const { deadlineMs, clock, say } = options
  const untilMs = clock.now() + deadlineMs
  const done = new AbortController()
  const reasons = new WaitReasons(line => say(`Waiting: ${line}`))
  let reason = 'no answer'
  const late = clock.sleep(deadlineMs, done.signal).then(() => {
    throw new Error(`Gave up after ${Math.round(deadlineMs / 1000)} s. ${reason}`)
  })
  late.catch(() => {})
  try {
    for (;;) {
      try {
        return await Promise.race([attempt(), late])
      } catch (error) {
        if (!isRetryable(error) || clock.now() >= untilMs) throw error
        const { message } = error as Error
        reasons.say(message)
        reason = message
      }
      await Promise.race([clock.sleep(AGAIN_AFTER_MS), late])
    }
  } finally {
    done.abort()
  }
}

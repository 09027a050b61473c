import type { Clock } from './clock.ts'

const CLOSE_WITHIN_MS = 500

/** Waits until a connection is closed, but not long: a server that does not answer would hold up the end of the process. */
export async function closeSoon(closing: Promise<unknown>, clock: Clock): Promise<void> {
  const closed = new AbortController()
  const late = clock.sleep(CLOSE_WITHIN_MS, closed.signal).catch(() => {})
  // What fails after that is nobody's any more.
  closing.catch(() => {})
  try {
    await Promise.race([closing, late])
  } finally {
    closed.abort(new Error('closed'))
  }
}

import type { Clock } from './clock.ts'

/** How long something may be waited for without a word, ms. */
export const SILENT_WAIT_MS = 5_000
const LOOK_AGAIN_MS = 1_000

/** Says each reason of a wait once, until the wait is over. */
export class WaitReasons<Details extends readonly unknown[] = []> {
  readonly #say: (reason: string, ...details: Details) => void
  readonly #said = new Set<string>()

  constructor(say: (reason: string, ...details: Details) => void) {
    this.#say = say
  }

  say(reason: string, ...details: Details): void {
    if (this.#said.has(reason)) return
    this.#said.add(reason)
    this.#say(reason, ...details)
  }

  /** Waits for work, and says that there is no answer where that takes more than a few seconds. */
  async during<T>(work: Promise<T>, clock: Clock, ...details: Details): Promise<T> {
    const over = new AbortController()
    clock.sleep(SILENT_WAIT_MS, over.signal).then(
      () => this.say(`no answer for ${SILENT_WAIT_MS / 1000} s`, ...details),
      () => {},
    )
    try {
      return await work
    } finally {
      over.abort(new Error('over'))
    }
  }

  /** What was waited for is there; returns whether anything was said. */
  over(): boolean {
    const isSaid = this.#said.size > 0
    this.#said.clear()
    return isSaid
  }
}

export interface WaitTellerOptions {
  readonly clock: Clock
  readonly say: (line: string) => void
  /** Ends every wait. */
  readonly signal?: AbortSignal
}

/** Tells people what is waited for, where that takes more than a few seconds. */
export interface WaitTeller {
  /**
   * Waits for work; says in one line what for and why, once, and again for another reason.
   * @param what completes the sentence "Waiting for …"
   * @param reason why it takes so long, as far as that is known
   * @throws what `work` throws; when the signal aborts, an error that says what was waited for, and why
   */
  during<T>(what: string, work: Promise<T>, reason?: () => string | null): Promise<T>
}

export function createWaitTeller({ clock, say, signal }: WaitTellerOptions): WaitTeller {
  const told = new WaitReasons(say)
  return {
    async during(what, work, reason = () => null) {
      const over = new AbortController()
      const clause = (): string => `${what}: ${(reason() ?? 'no answer yet').replace(/\.$/, '')}.`
      const tell = async (): Promise<void> => {
        for (let ms = SILENT_WAIT_MS; ; ms = LOOK_AGAIN_MS) {
          await clock.sleep(ms, over.signal)
          told.say(`Waiting for ${clause()}`)
        }
      }
      tell().catch(() => {})
      const stopped = Promise.withResolvers<never>()
      stopped.promise.catch(() => {})
      // What is nearly there may come.
      const onAbort = (): void =>
        void clock.sleep(LOOK_AGAIN_MS, over.signal).then(
          () => stopped.reject(new Error(`Stopped while waiting for ${clause()}`)),
          () => {},
        )
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted) onAbort()
      try {
        return await Promise.race([work, stopped.promise])
      } finally {
        over.abort(new Error('over'))
        signal?.removeEventListener('abort', onAbort)
      }
    },
  }
}

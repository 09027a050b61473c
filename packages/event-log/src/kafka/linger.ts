import type { Clock } from '@millrace/runtime'

/**
 * One wait for all partitions of a producer: what comes while another partition waits goes out with it, so that batches
 * meet in one request.
 */
export class Linger {
  readonly #clock: Clock
  readonly #ms: number
  #wait: Promise<void> | undefined

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  /** Resolves when the wait ends that is under way, or one that begins now. */
  over(): Promise<void> {
    this.#wait ??= this.#clock.sleep(this.#ms).then(() => {
      this.#wait = undefined
    })
    return this.#wait
  }
}

import type { EventLog } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'

const PING_EVERY_MS = 5_000

const probes = new WeakMap<EventLog, LogProbe>()

/** The probe of a log: one for all runners of a process. */
export function probeOf(log: EventLog, clock: Clock): LogProbe {
  const probe = probes.get(log) ?? new LogProbe(log, clock)
  probes.set(log, probe)
  return probe
}

/** Pings the log every few seconds, so that readiness is right also while no records arrive. */
export class LogProbe {
  readonly #log: EventLog
  readonly #clock: Clock
  #isAsking = false
  #askedMs: number
  #answeredMs: number
  #refusal: string | null = null

  constructor(log: EventLog, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#askedMs = this.#answeredMs = clock.now()
  }

  /** To be called often; pings when the interval has passed. */
  turn(): void {
    const nowMs = this.#clock.now()
    if (this.#isAsking || nowMs - this.#askedMs < PING_EVERY_MS) return
    this.#isAsking = true
    this.#askedMs = nowMs
    this.#log
      .ping()
      .then(
        () => {
          this.#refusal = null
          this.#answeredMs = this.#clock.now()
        },
        (error: unknown) => {
          this.#refusal = error instanceof Error ? error.message : String(error)
        },
      )
      .finally(() => {
        this.#isAsking = false
      })
  }

  /** What is wrong, or null. */
  get problem(): string | null {
    const silentMs = this.#clock.now() - this.#answeredMs
    const isSilent = this.#isAsking && this.#clock.now() - this.#askedMs > PING_EVERY_MS
    if (this.#refusal === null && !isSilent) return null
    return `the log has not answered for ${Math.round(silentMs / 1000)} s${this.#refusal ? `: ${this.#refusal}` : ''}`
  }
}

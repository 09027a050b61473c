import type { Random } from '@millrace/simulation'
import { type Loop, type Owner, WORLD } from './loop.ts'
import type { ServiceProcess } from './service-process.ts'

/** How likely the network is to fail a call now, each from 0 to 1. */
export interface NetworkFaults {
  /** The server does it, and nobody is told. */
  lostAnswers: number
  /** The request comes long after its sender has given up. */
  lateRequests: number
  /** The request comes twice, the second time later. */
  repeatedRequests: number
  /** A broker does not know of an offset that the log has. */
  refusedOffsets: number
  /** Longest time of a way, ms. */
  mostMs: number
}

/** What a process is told where no answer came. */
export class NoAnswer extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what}: no answer within ${timeoutMs} ms`)
    this.name = 'NoAnswer'
  }
}

/** What a process is told where nobody listens. */
export class Unreachable extends Error {
  constructor(what: string) {
    super(`${what}: connection refused`)
    this.name = 'Unreachable'
  }
}

/** What calls go to: a store or a service, or one broker of the log. */
export type Destination = 'log' | `broker-${number}` | 'lake' | 'mart' | 'gateway' | 'sms'

/** What does not get through between a pod and a destination. */
export type Cut = 'requests' | 'answers'

export interface Call<T> {
  readonly from: ServiceProcess
  readonly to: Destination
  /** What is done, for the trace and for messages. */
  readonly what: string
  /** False while the server does not take requests. */
  readonly isUp: () => boolean
  /** Done at the server. Errors are its answer. */
  readonly work: () => T | Promise<T>
  /** The process that does it; the world where left out. */
  readonly server?: Owner
  /** After this long without an answer the caller is told so. */
  readonly timeoutMs: number
}

const USUAL_MOST_MS = 4
/** Ways of a call whose answer takes no time of its own: as likely as on a machine nearby. */
const SHARE_AT_ONCE = 0.6
const LATEST_MS = 60_000
/** How often a process crashes whose call was lost, or refused: it is refused many times. */
const STRIKE = 0.2
const STRIKE_REFUSED = 0.02

const noFaults = (): NetworkFaults => ({
  lostAnswers: 0,
  lateRequests: 0,
  repeatedRequests: 0,
  refusedOffsets: 0,
  mostMs: USUAL_MOST_MS,
})

/** Carries calls between processes and servers, each way with a time of its own. */
export class Network {
  readonly faults: NetworkFaults = noFaults()
  readonly #loop: Loop
  readonly #random: Random
  /** By pod and destination. */
  readonly #cuts = new Map<string, Cut>()
  /** Called for a process whose call went wrong, at random: what it does next is where faults are. */
  readonly #onStrike: (process: ServiceProcess) => void

  constructor(loop: Loop, random: Random, onStrike: (process: ServiceProcess) => void) {
    this.#loop = loop
    this.#random = random
    this.#onStrike = onStrike
  }

  /** Whether every call is answered soon. */
  get isCalm(): boolean {
    if (this.#cuts.size > 0) return false
    const { repeatedRequests: _, ...others } = this.faults
    return Object.entries(others).every(([name, value]) => value === (name === 'mostMs' ? USUAL_MOST_MS : 0))
  }

  /** Everything goes well from now on. */
  heal(): void {
    Object.assign(this.faults, noFaults())
    this.#cuts.clear()
  }

  /** From now on nothing of the kind gets through between a pod and a destination; everything where `cut` is null. */
  cut(pod: string, to: Destination, cut: Cut | null): void {
    const key = `${pod}>${to}`
    if (cut) this.#cuts.set(key, cut)
    else this.#cuts.delete(key)
  }

  /** What does not get through between a process and a destination. */
  cutOf({ pod }: ServiceProcess, to: Destination): Cut | null {
    if (this.#cuts.size === 0) return null
    const ofLog = to.startsWith('broker-') ? this.#cuts.get(`${pod}>log`) : undefined
    return ofLog ?? this.#cuts.get(`${pod}>${to}`) ?? null
  }

  /** @throws NoAnswer, Unreachable, or what `work` throws */
  call<T>({ from, to, what, isUp, work, timeoutMs, server = WORLD }: Call<T>): Promise<T> {
    const { faults } = this
    const cut = this.cutOf(from, to)
    if (cut === 'requests')
      return new Promise((_, reject) =>
        this.#loop.after(timeoutMs, from, 'gives up', () => reject(new NoAnswer(what, timeoutMs))),
      )
    const isLost = cut === 'answers' || this.#chance(faults.lostAnswers)
    const isLate = !isLost && this.#chance(faults.lateRequests)
    const isRepeated = this.#chance(faults.repeatedRequests)
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new NoAnswer(what, timeoutMs))
      const answer = (settle: () => void): void => {
        if (isLost) return
        if (!from.isPaused && this.#random.chance(SHARE_AT_ONCE)) {
          if (from.isAlive) settle()
        } else this.#loop.after(this.#wayMs(), from, 'is answered', settle)
      }
      const refuse = (error: unknown): void => answer(() => reject(error))
      const arrive = (): void => {
        if (!isUp()) {
          refuse(new Unreachable(what))
          if (this.#random.chance(STRIKE_REFUSED)) this.#onStrike(from)
          return
        }
        try {
          const value = work()
          if (value instanceof Promise) value.then(done => answer(() => resolve(done)), refuse)
          else answer(() => resolve(value))
        } catch (error) {
          refuse(error)
        }
      }
      if (isLost || isLate) this.#loop.after(timeoutMs, from, 'gives up', giveUp)
      if ((isLost || isLate) && !cut && this.#random.chance(STRIKE)) this.#onStrike(from)
      const delayMs = isLate ? timeoutMs + this.#random.int(1, LATEST_MS) : this.#wayMs()
      this.#loop.after(delayMs, server, what, isLate ? () => isUp() && attempt(work) : arrive)
      if (isRepeated)
        this.#loop.after(delayMs + this.#random.int(1, LATEST_MS), server, what, () => isUp() && attempt(work))
    })
  }

  /** Whether a broker refuses an offset this time. */
  refusesOffset(): boolean {
    return this.#chance(this.faults.refusedOffsets)
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#random.chance(probability)
  }

  #wayMs(): number {
    return this.#random.int(1, this.faults.mostMs)
  }
}

/** Does what nobody waits for. */
function attempt(work: () => unknown): void {
  try {
    const value = work()
    // Its sender is told nothing.
    if (value instanceof Promise) value.catch(() => {})
  } catch {
    // The same.
  }
}

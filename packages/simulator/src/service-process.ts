import type { Clock } from '@millrace/runtime'
import { Random } from '@millrace/simulation'
import type { Loop, Owner } from './loop.ts'
import type { MemoryDisk } from './memory-disk.ts'

/** What a process has of its machine. */
export interface ProcessParts {
  readonly name: string
  /** From 1: how often a process of this name was started. */
  readonly incarnation: number
  readonly loop: Loop
  /** Outlives the process. */
  readonly disk: MemoryDisk
  readonly seed: string
}

const MOST_LOCAL_MS = 2
/** Name of the step that ends a sleep. */
export const TIMER = 'wakes'

/** One life of a process: its clock, its random source, and whether it runs, stands still or is gone. */
export class ServiceProcess implements Owner {
  readonly name: string
  /** Where it runs: the next process there has the same. */
  readonly pod: string
  readonly incarnation: number
  readonly disk: MemoryDisk
  readonly random: Random
  readonly clock: Clock
  readonly startedMs: number
  isAlive = true
  isPaused = false
  #clockOffsetMs = 0
  #clockRate = 1
  #clockSetMs = 0
  readonly #loop: Loop
  readonly #latency: Random
  #onEnd: (() => void)[] = []

  constructor({ name, incarnation, loop, disk, seed }: ProcessParts) {
    this.name = `${name}#${incarnation}`
    this.pod = name
    this.incarnation = incarnation
    this.disk = disk
    this.random = new Random('process', seed, name, incarnation)
    this.startedMs = loop.nowMs
    this.#loop = loop
    this.#latency = new Random('latency', seed, name, incarnation)
    this.clock = {
      now: () => loop.nowMs + this.#clockAheadMs(),
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
  }

  #clockAheadMs(): number {
    return this.#clockOffsetMs + Math.round((this.#loop.nowMs - this.#clockSetMs) * (this.#clockRate - 1))
  }

  /** Its clock jumps, and goes at another rate from now on; sleeps are not shortened. */
  setClock({ aheadMs, rate }: { readonly aheadMs: number; readonly rate: number }): void {
    this.#clockOffsetMs = aheadMs
    this.#clockRate = rate
    this.#clockSetMs = this.#loop.nowMs
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const step = this.#loop.after(ms, this, TIMER, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = (): void => {
        step.cancel()
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Does something on the process's own machine, a little later. */
  locally<T>(name: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#loop.after(this.#latency.int(0, MOST_LOCAL_MS), this, name, () => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** Runs when the process is gone. */
  onEnd(run: () => void): void {
    this.#onEnd.push(run)
  }

  /** Ends the process at once, as kill -9 does: what it has asked of the world may still be done. */
  kill(): void {
    if (!this.isAlive) return
    this.isAlive = false
    for (const run of this.#onEnd) run()
    this.#onEnd = []
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#loop.release(this)
  }
}

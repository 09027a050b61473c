import type { Random } from '@millrace/simulation'
import type { Trace } from './trace.ts'

/** Who takes steps: a process, or the world around the processes. */
export interface Owner {
  readonly name: string
  /** False after a crash: its steps are never taken. */
  readonly isAlive: boolean
  /** True while it stands still: its steps are taken afterwards. */
  readonly isPaused: boolean
}

/** The world around the processes: servers and networks. */
export const WORLD: Owner = { name: 'world', isAlive: true, isPaused: false }

/** Something that happens at a moment of virtual time, unless it is cancelled. */
export class Step {
  readonly owner: Owner
  readonly name: string
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  isCancelled = false

  constructor(owner: Owner, name: string, atMs: number, order: number, run: () => void) {
    this.owner = owner
    this.name = name
    this.atMs = atMs
    this.order = order
    this.run = run
  }

  cancel(): void {
    this.isCancelled = true
  }
}

const isBefore = (a: Step, b: Step): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Everything that a step has set off without waiting for the world, down to the last promise. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** One event loop with virtual time: of the steps that are due it takes any, by its random source. */
export class Loop {
  /** Virtual time, ms since the epoch. */
  nowMs: number
  readonly trace: Trace
  readonly #random: Random
  /** Told of each step before it is taken. */
  readonly beforeStep = new Set<(owner: Owner) => void>()
  /** A binary heap by time. */
  readonly #later: Step[] = []
  #due: Step[] = []
  /** Of owners that stand still. */
  readonly #held = new Map<Owner, Step[]>()
  #order = 0

  constructor(startMs: number, random: Random, trace: Trace) {
    this.nowMs = startMs
    this.#random = random
    this.trace = trace
  }

  /** Takes a step after `delayMs`, as soon as its owner can. */
  after(delayMs: number, owner: Owner, name: string, run: () => void): Step {
    const step = new Step(owner, name, this.nowMs + Math.max(0, Math.ceil(delayMs)), this.#order++, run)
    if (step.atMs <= this.nowMs) this.#due.push(step)
    else this.#push(step)
    return step
  }

  /** The owner goes on: steps that were due meanwhile are due now. */
  release(owner: Owner): void {
    const held = this.#held.get(owner)
    if (!held) return
    this.#held.delete(owner)
    this.#due.push(...held)
  }

  /** Names of the steps that an owner has not taken yet. */
  pendingOf(owner: Owner): readonly string[] {
    const all = [...this.#due, ...this.#later]
    return all.filter(step => step.owner === owner && !step.isCancelled).map(({ name }) => name)
  }

  /** Takes steps until `isDone`, at the latest until virtual time is `untilMs`. */
  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (!isDone()) {
      const step = this.#next(untilMs)
      if (!step) {
        this.nowMs = Math.max(this.nowMs, untilMs)
        return
      }
      for (const tell of this.beforeStep) tell(step.owner)
      if (!step.owner.isAlive) continue
      this.trace.add(this.nowMs, step.owner.name, step.name)
      step.run()
      await settled()
    }
  }

  #next(untilMs: number): Step | null {
    for (;;) {
      for (let next = this.#later[0]; next && next.atMs <= this.nowMs; next = this.#later[0])
        this.#due.push(this.#pop())
      const { length } = this.#due
      if (length === 0) {
        const next = this.#later[0]
        if (next?.isCancelled || next?.owner.isAlive === false) {
          this.#pop()
          continue
        }
        if (!next || next.atMs > untilMs) return null
        this.nowMs = next.atMs
        continue
      }
      const index = length === 1 ? 0 : this.#random.int(0, length - 1)
      const step = this.#due[index]!
      const last = this.#due.pop()!
      if (index < length - 1) this.#due[index] = last
      if (step.isCancelled || !step.owner.isAlive) continue
      if (!step.owner.isPaused) return step
      const held = this.#held.get(step.owner)
      if (held) held.push(step)
      else this.#held.set(step.owner, [step])
    }
  }

  #push(step: Step): void {
    const heap = this.#later
    let at = heap.length
    heap.push(step)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(step, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = step
  }

  #pop(): Step {
    const heap = this.#later
    const first = heap[0]!
    const last = heap.pop()!
    const { length } = heap
    if (length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

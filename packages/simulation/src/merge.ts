import type { Actor, SimulatedRecord } from './actor.ts'

/** Records of many actors in the total order of the run. */
export interface RecordStream {
  /** Virtual time of the next record, ms since the epoch; Infinity at the end. */
  readonly nextMs: number
  /** Takes the next record; must not be called at the end. */
  next(): SimulatedRecord
}

/** Merges actors by time, then by actor id: a binary heap, O(log actors) per record. */
export function mergeActors(actors: readonly Actor[]): RecordStream {
  return new ActorHeap(actors.filter(actor => actor.nextMs !== Number.POSITIVE_INFINITY))
}

class ActorHeap implements RecordStream {
  readonly #actors: Actor[]
  /** Of each actor, here because reading them where they are takes most of the time of a merge. */
  readonly #timesMs: Float64Array

  constructor(actors: Actor[]) {
    this.#actors = actors
    this.#timesMs = Float64Array.from(actors, ({ nextMs }) => nextMs)
    for (let index = (actors.length >> 1) - 1; index >= 0; index--) this.#siftDown(index)
  }

  get nextMs(): number {
    return this.#actors.length === 0 ? Number.POSITIVE_INFINITY : this.#timesMs[0]!
  }

  next(): SimulatedRecord {
    const actor = this.#actors[0]!
    const record = actor.next()
    let { nextMs } = actor
    if (nextMs === Number.POSITIVE_INFINITY) {
      const last = this.#actors.pop()!
      if (last === actor) return record
      this.#actors[0] = last
      nextMs = this.#timesMs[this.#actors.length]!
    }
    this.#timesMs[0] = nextMs
    this.#siftDown(0)
    return record
  }

  #siftDown(from: number): void {
    const actors = this.#actors
    const timesMs = this.#timesMs
    const size = actors.length
    const moving = actors[from]!
    const movingMs = timesMs[from]!
    let hole = from
    for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      let childMs = timesMs[child]!
      if (child + 1 < size) {
        const otherMs = timesMs[child + 1]!
        if (otherMs < childMs || (otherMs === childMs && actors[child + 1]!.id < actors[child]!.id)) {
          child++
          childMs = otherMs
        }
      }
      if (childMs > movingMs || (childMs === movingMs && actors[child]!.id > moving.id)) break
      actors[hole] = actors[child]!
      timesMs[hole] = childMs
      hole = child
    }
    actors[hole] = moving
    timesMs[hole] = movingMs
  }
}

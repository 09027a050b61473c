import type { Actor, SimulatedRecord } from './actor.ts'

/** Records of many actors in the total order of the run. */
export interface RecordStream {
  /** Virtual time of the next record, ms since the epoch; Infinity at the end. */
  readonly nextMs: number
  /** Takes the next record; must not be called at the end. */
  next(): SimulatedRecord
}

const before = (a: Actor, b: Actor): boolean => a.nextMs < b.nextMs || (a.nextMs === b.nextMs && a.id < b.id)

function siftDown(heap: Actor[], from: number): void {
  const moving = heap[from]!
  let hole = from
  for (;;) {
    let child = 2 * hole + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, moving)) break
    heap[hole] = heap[child]!
    hole = child
  }
  heap[hole] = moving
}

/** Merges actors by time, then by actor id: a binary heap, O(log actors) per record. */
export function mergeActors(actors: readonly Actor[]): RecordStream {
  const heap = actors.filter(actor => actor.nextMs !== Number.POSITIVE_INFINITY)
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) siftDown(heap, index)
  return {
    get nextMs() {
      return heap.length === 0 ? Number.POSITIVE_INFINITY : heap[0]!.nextMs
    },
    next() {
      const actor = heap[0]!
      const record = actor.next()
      if (actor.nextMs === Number.POSITIVE_INFINITY) {
        const last = heap.pop()!
        if (heap.length > 0) heap[0] = last
      }
      if (heap.length > 0) siftDown(heap, 0)
      return record
    },
  }
}

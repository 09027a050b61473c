import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Actor, compareRecords, FaultyActor, mergeActors, noFaults } from '../src/index.ts'
import { createTicker, drain } from './ticker.ts'

const actors = (ids: readonly number[], withFaults = false): Actor[] =>
  ids.map(id => {
    const actor = createTicker(id, 20 + (id % 7) * 15)
    if (!withFaults) return actor
    const rates = { ...noFaults, dup: 0.1, late: 0.1, 'out-of-order': 0.1, burst: 0.02 }
    return new FaultyActor(actor, { rates, labels: ['m'], topics: ['lol.raw'], removableFields: ['x'] })
  })

describe('mergeActors', () => {
  it('gives everything once, in the total order of time, actor and number', () => {
    const ids = Array.from({ length: 40 }, (_, id) => id)
    const merged = drain(mergeActors(actors(ids)))
    const apart = actors(ids).flatMap(drain)
    expect(merged).toEqual(apart.toSorted(compareRecords))
    expect(merged.length).toBeGreaterThan(1000)
  })

  it('breaks ties by actor', () => {
    const merged = drain(mergeActors([5, 3, 9].map(id => ({ ...createTicker(id, 1), id, ...atOnce(id) }))))
    expect(merged.map(record => record.actor)).toEqual([3, 5, 9])
  })

  it('merges any split of the actors to the same stream, faults included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 }),
        fc.boolean(),
        (shardOf, withFaults) => {
          const ids = shardOf.map((_, id) => id)
          const whole = drain(mergeActors(actors(ids, withFaults)))
          const parts = [0, 1, 2, 3].flatMap(shard =>
            drain(
              mergeActors(
                actors(
                  ids.filter(id => shardOf[id] === shard),
                  withFaults,
                ),
              ),
            ),
          )
          expect(parts.toSorted(compareRecords)).toEqual(whole)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('is over at once without actors', () => {
    expect(mergeActors([]).nextMs).toBe(Number.POSITIVE_INFINITY)
  })
})

/** One record at time 0. */
function atOnce(id: number): Pick<Actor, 'nextMs' | 'next'> {
  const ticker = createTicker(id, 1)
  return {
    nextMs: 0,
    next() {
      ;(this as { nextMs: number }).nextMs = Number.POSITIVE_INFINITY
      return { ...ticker.next(), atMs: 0 }
    },
  }
}

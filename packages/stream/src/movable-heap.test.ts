import { array, assert, integer, option, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { MovableHeap } from './movable-heap.ts'

it('a heap gives its entries in order, wherever they are moved and removed', () => {
  const step = record({ entry: integer({ min: 0, max: 60 }), order: option(integer({ min: 0, max: 1_000 })) })
  assert(
    property(array(step, { minLength: 60, maxLength: 300 }), steps => {
      const entries = Array.from({ length: 61 }, (_, name) => ({ name, order: 0, place: -1 }))
      const isBefore = (a: (typeof entries)[number], b: (typeof entries)[number]): boolean =>
        a.order < b.order || (a.order === b.order && a.name < b.name)
      const heap = new MovableHeap(isBefore)
      const kept = new Set<(typeof entries)[number]>()
      for (const { entry: name, order } of steps) {
        const entry = entries[name]!
        if (order !== null) {
          entry.order = order
          heap.put(entry)
          kept.add(entry)
        } else if (kept.delete(entry)) heap.remove(entry)
        expect(entry.place === -1).toBe(!kept.has(entry))
      }
      const drained: number[] = []
      for (let { first } = heap; first; first = heap.first) {
        drained.push(first.name)
        heap.remove(first)
      }
      expect(drained).toEqual([...kept].sort((a, b) => a.order - b.order || a.name - b.name).map(({ name }) => name))
    }),
    { numRuns: 300 },
  )
})

import { describe, expect, it } from 'vitest'
import { fillPool, Random } from '../src/index.ts'

const draw = (random: Random, count = 5): number[] => Array.from({ length: count }, () => random.int32())

describe('Random', () => {
  it('is a function of its labels, for ever', () => {
    expect(draw(new Random('seed', 1))).toEqual(draw(new Random('seed', '1')))
    // Computed by another implementation of sfc32.
    expect(draw(new Random('golden', 7))).toEqual([1586546941, -1908829421, -397164775, 131086595, -1800409957])
  })

  it('keeps streams of different labels apart, also when their texts join to the same', () => {
    const streams = [new Random('a', 'bc'), new Random('ab', 'c'), new Random('abc'), new Random('a', 'b', 'c')]
    expect(new Set(streams.map(random => draw(random).join())).size).toBe(streams.length)
  })

  it('draws whole numbers evenly from both ends of the range on', () => {
    const random = new Random('even')
    const counts = new Map<number, number>()
    for (let n = 0; n < 70_000; n++) {
      const value = random.int(-3, 3)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  it('makes ids that are UUIDs of version 4 and never repeat', () => {
    const random = new Random('ids')
    const ids = Array.from({ length: 10_000 }, () => random.uuid())
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(ids.length)
    const atEachPlace = Array.from({ length: 36 }, (_, place) => new Set(ids.map(id => id[place])).size)
    expect(atEachPlace.filter(size => size === 16).length).toBe(30)
  })

  it('samples without repeats, every entry equally often', () => {
    const random = new Random('sample')
    const list = ['a', 'b', 'c', 'd', 'e']
    const counts: Record<string, number> = {}
    for (let n = 0; n < 10_000; n++) {
      const chosen = random.sample(list, 2)
      expect(new Set(chosen).size).toBe(2)
      for (const entry of chosen) counts[entry] = (counts[entry] ?? 0) + 1
    }
    for (const entry of list) expect(Math.abs(counts[entry]! - 4000)).toBeLessThan(250)
    expect(random.sample(list, 9).sort()).toEqual(list)
    expect(list).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})

describe('fillPool', () => {
  it('gives the same entries for the same labels, whatever was filled before', () => {
    const ips = (): readonly string[] => fillPool(['x', 'ip'], faker => faker.internet.ipv4(), 50)
    const first = ips()
    fillPool(['other'], faker => faker.person.firstName(), 7)
    expect(ips()).toEqual(first)
    expect(fillPool(['y', 'ip'], faker => faker.internet.ipv4(), 50)).not.toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(45)
  })
})

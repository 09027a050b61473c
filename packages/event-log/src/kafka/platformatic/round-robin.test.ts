import { describe, expect, it } from 'vitest'
import { roundRobin } from './round-robin.ts'

const shares = (...args: Parameters<typeof roundRobin>) =>
  Object.fromEntries(
    [...roundRobin(...args)].map(([id, given]) => [id, given.map(({ topic, partition }) => `${topic}${partition}`)]),
  )

describe('dealing partitions out', () => {
  it('gives every partition to one member, in even shares, whatever the order of the members', () => {
    const counts = new Map([
      ['b', 2],
      ['a', 3],
    ])
    const members = ['m2', 'm1'].map(memberId => ({ memberId, topics: ['a', 'b'] }))
    const expected = { m1: ['a0', 'a2', 'b1'], m2: ['a1', 'b0'] }
    expect(shares(members, counts)).toEqual(expected)
    expect(shares(members.toReversed(), counts)).toEqual(expected)
  })

  it('gives a topic to its subscribers only, and a member without partitions an empty share', () => {
    const members = [
      { memberId: 'm1', topics: ['a'] },
      { memberId: 'm2', topics: ['b', 'gone'] },
      { memberId: 'm3', topics: ['gone'] },
    ]
    expect(
      shares(
        members,
        new Map([
          ['a', 2],
          ['b', 1],
          ['nobody', 1],
          ['gone', 0],
        ]),
      ),
    ).toEqual({ m1: ['a0', 'a1'], m2: ['b0'], m3: [] })
  })
})

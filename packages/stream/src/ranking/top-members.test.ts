import { array, assert, constantFrom, integer, nat, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRankedBefore, type Ranked, TopMembers, unranked } from './top-members.ts'

/** The ranks by sorting all members. */
const sorted = (entries: readonly Ranked[], most: number): readonly string[] =>
  entries
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || Number(a.member) - Number(b.member))
    .slice(0, most)
    .map(({ member, score }) => `${member}: ${score}`)
const ranksOf = (top: TopMembers): string[] => top.first.map(({ member, score }) => `${member}: ${score}`)

describe('the first members by score', () => {
  it('equal sorting all members after each score, and the changed ranks are those that differ', () => {
    const step = record({ member: nat(30), score: integer({ min: -1, max: 8 }) })
    assert(
      property(array(step, { maxLength: 200 }), constantFrom(1, 2, 5, 20, 40), (steps, most) => {
        const entries = Array.from({ length: 31 }, (_, member) => unranked(member))
        const top = new TopMembers(most)
        let before: readonly string[] = []
        for (const { member, score } of steps) {
          const changed = top.update(entries[member]!, score)
          const expected = sorted(entries, most)
          expect(ranksOf(top)).toEqual(expected)
          const ranks = Array.from({ length: Math.max(before.length, expected.length) }, (_, index) => index)
          expect(ranks.filter(index => changed && index >= changed.from && index <= changed.to)).toEqual(
            ranks.filter(index => before[index] !== expected[index]),
          )
          before = expected
        }
      }),
    )
  })

  it('order texts by their characters where scores are equal', () => {
    const top = new TopMembers(3)
    for (const member of ['b', 'a', 'B', 'c']) top.update(unranked(member), 1)
    expect(top.first.map(({ member }) => member)).toEqual(['B', 'a', 'b'])
  })

  it.each([1_000, 1_000_000])('of %d members take a number of comparisons that grows with its logarithm', members => {
    let comparisons = 0
    const most = 50
    const top = new TopMembers(most, (a, b) => {
      comparisons++
      return isRankedBefore(a, b)
    })
    const entries = Array.from({ length: members }, (_, member) => unranked(member))
    for (const entry of entries) top.update(entry, 1 + (Number(entry.member) % 997))
    let largest = 0
    for (let step = 0; step < 2_000; step++) {
      const { [(step * 7_919) % members]: other, [step % most]: member } = entries
      for (const [entry, score] of [
        [top.first[step % most]!, 0],
        [other!, 2_000 + step],
        [member!, (step * 31) % 1_000],
      ] as const) {
        comparisons = 0
        top.update(entry, score)
        largest = Math.max(largest, comparisons)
      }
    }
    // A member is put into the heap, one is taken out of it, and one may be put back; of 50 ranks each is passed once at most.
    expect(largest).toBeLessThanOrEqual(6 * Math.ceil(Math.log2(members)) + most + 10)
  })
})

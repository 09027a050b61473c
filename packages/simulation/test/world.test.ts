import { ageBandOf, ageBands } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import { createWorld } from '../src/index.ts'

const PEOPLE = 20_000
const world = createWorld('1')
const people = Array.from({ length: PEOPLE }, (_, number) => world.person(number))

/** Four standard deviations of a share of the people. */
const tolerance = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / PEOPLE)
const shareOf = (test: (person: (typeof people)[number]) => boolean): number => people.filter(test).length / PEOPLE

describe('the people of a world', () => {
  it('are the same for every run and whatever is asked before', () => {
    expect(createWorld('1').person(7)).toEqual(people[7])
    expect(createWorld('2').person(7)).not.toEqual(people[7])
    expect(people[7]).toMatchObject({ number: 7, account: 'testAccount_8' })
  })

  it.each([
    ['20-29', 0.7],
    ['30-39', 0.15],
    ['40-49', 0.045],
    ['50-59', 0.0105],
    ['60+', 0.0945],
  ])('are %s with a share of %d', (band, share) => {
    expect(Math.abs(shareOf(({ ageBand }) => ageBand === band) - share)).toBeLessThan(tolerance(share))
  })

  it('are women and men alike, and have the age of their band', () => {
    expect(Math.abs(shareOf(({ gender }) => gender === 'female') - 0.5)).toBeLessThan(tolerance(0.5))
    for (const { age, ageBand } of people) expect(ageBandOf(age)).toBe(ageBand)
    expect([19, 20, 29, 30, 59, 60, 120].map(ageBandOf)).toEqual([
      ...[null, '20-29', '20-29', '30-39', '50-59', '60+', '60+'],
    ])
    expect(ageBands).toHaveLength(5)
  })

  it('have a zip of five digits, some with zeros in front', () => {
    for (const { zip } of people) expect(zip).toMatch(/^\d{5}$/)
    expect(people.some(({ zip }) => zip.startsWith('0'))).toBe(true)
  })
})

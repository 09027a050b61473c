import { afterAll, describe, expect, it } from 'vitest'
import { allDomains } from '../contracts.ts'
import { reporters } from '../reports.ts'
import { daysOf, hoursOf, windowsOf } from '../shown-time.ts'
import { createPictureSource } from './picture-source.ts'

const world = await createPictureSource('2024-03-24T11:00:00Z', '2024-03-24T11:59:59Z')
afterAll(() => world[Symbol.asyncDispose]())

const pictures = reporters.flatMap(({ domain, pictures = [] }) => pictures.map(picture => [domain, picture] as const))

describe.each(pictures)('a picture of %s', (domain, picture) => {
  it(`says why there is nothing to show where nothing is stored: ${picture.title}`, async () => {
    const drawn = await picture.draw(world.source)
    expect(drawn).toMatch(/^[A-Z].*\.$/)
  })

  it(`names the tables of its domain that it reads, and how it is read: ${picture.title}`, () => {
    const own = allDomains.find(({ name }) => name === domain)!.tables
    expect(picture.tables.length).toBeGreaterThan(0)
    for (const table of picture.tables) expect(own).toContain(table)
    expect(picture.reading).toMatch(/\.$/)
  })
})

it('is had by domains with results to look at', () => {
  expect(pictures.length).toBeGreaterThan(0)
})

it('shows whole windows, hours and days around its time', () => {
  const shown = { fromMs: Date.parse('2024-03-24T22:58:00Z'), toMs: Date.parse('2024-03-25T00:03:00Z') }
  expect(daysOf(shown)).toEqual(['2024-03-24', '2024-03-25'])
  expect(hoursOf(shown).map(ms => new Date(ms).toISOString().slice(11, 13))).toEqual(['22', '23', '00'])
  expect(windowsOf(shown, 300_000)).toHaveLength(14)
  expect(windowsOf({ fromMs: shown.fromMs, toMs: shown.fromMs }, 300_000)).toHaveLength(1)
})

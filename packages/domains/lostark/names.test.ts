import { describe, expect, it } from 'vitest'
import { bosses, classAliasOf, classNames, normaliseBoss, normaliseClass } from './names.ts'

describe('names of bosses', () => {
  it.each([
    ['Biackiss', 'Vykas'],
    ['Kouku-Saton', 'Kakul-Saydon'],
    ['Abrelshud', 'Brelshaza'],
    ['kakul saydon', 'Kakul-Saydon'],
    ['KAMEN', 'Kamen'],
    ['Thaemine', 'Thaemine'],
  ])('%s is %s', (name, canonical) => {
    expect(normaliseBoss(name)).toBe(canonical)
  })

  it('are those of the published scenario, with difficulty and minutes', () => {
    expect(bosses.map(({ name, difficulty, limitSec }) => [name, difficulty, limitSec / 60])).toEqual([
      ['Valtan', 1445, 10],
      ['Vykas', 1460, 10],
      ['Kakul-Saydon', 1475, 10],
      ['Brelshaza', 1560, 13],
      ['Illiakan', 1600, 15],
      ['Kamen', 1630, 20],
    ])
    for (const { name } of bosses) expect(normaliseBoss(name)).toBe(name)
  })
})

describe('names of classes', () => {
  it('are 27, each one canonical, also by its other name', () => {
    expect(new Set(classNames).size).toBe(27)
    for (const name of classNames)
      for (const spelled of [name, classAliasOf(name)]) expect(normaliseClass(spelled)).toBe(name)
  })

  it('are canonical whatever the case and spaces; others stay', () => {
    expect(['demonic', 'lance master', 'SOULFIST', 'Valkyrie'].map(normaliseClass)).toEqual([
      'Shadowhunter',
      'Glaivier',
      'Soulfist',
      'Valkyrie',
    ])
  })
})

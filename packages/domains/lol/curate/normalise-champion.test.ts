import { describe, expect, it } from 'vitest'
import { lolChampions } from '../contract.ts'
import { normaliseChampion } from './normalise-champion.ts'

describe('normaliseChampion', () => {
  it.each([
    ['vex', 'Vex'],
    ['AURELIONSOL', 'AurelionSol'],
    ['Aurelion Sol', 'AurelionSol'],
    [" aurelion\tso'l ", 'AurelionSol'],
    ['Aurelion’Sol', 'AurelionSol'],
  ])('writes %j as %j', (given, wanted) => expect(normaliseChampion(given)).toBe(wanted))

  it('leaves canonical names alone', () => expect(lolChampions.map(normaliseChampion)).toEqual([...lolChampions]))

  it.each(["Kog'Maw", 'constructor', '', 'victor'])('keeps the unknown name %j as it is', name =>
    expect(normaliseChampion(name)).toBe(name),
  )
})

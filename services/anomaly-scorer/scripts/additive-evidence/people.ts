import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Approach } from '@millrace/domains/lol/approach'
import { readRecording } from '@millrace/domains/lol/recording'
import { assistApproach, jumpElsewhere, jumpToOwnTarget, snapApproach } from '@millrace/domains/lol/simulate/cheats'
import { Aim, featuresOf, isRest } from '../../src/models/additive-evidence/aim.ts'
import { measureApproach } from '../../src/models/additive-evidence/measure-approach.ts'
import { randomFrom } from '../../test/moves.ts'
import { approachAt, type Sampling, withRests } from './honest-approaches.ts'

/** Samplings of the fit. The recordings were sampled at 8 Hz, so what is between is made in several ways. */
export const samplings: readonly Sampling[] = [
  { name: '16 Hz', hz: 16, between: 'smooth', isRounded: false },
  { name: '16 Hz uneven', hz: 16, between: 'uneven', isRounded: true },
  { name: '25 Hz', hz: 25, between: 'smooth', isRounded: true },
  { name: '60 Hz', hz: 60, between: 'smooth', isRounded: false },
  { name: '60 Hz uneven', hz: 60, between: 'uneven', isRounded: true },
  { name: '16 Hz interpolated', hz: 16, between: 'straight', isRounded: true },
  { name: '60 Hz interpolated', hz: 60, between: 'straight', isRounded: false },
]

type Alter = (approach: Approach, random: () => number) => Approach
const JUMP_PX = { least: 300, most: 700 }

/** Alterations, by the kind of cheating that they are. */
export const alterations: Readonly<Record<string, { readonly kind: 'jump' | 'snap' | null; readonly alter: Alter }>> = {
  'snap 100 %': { kind: 'snap', alter: approach => snapApproach(approach, 1) },
  'snap 90 %': { kind: 'snap', alter: approach => snapApproach(approach, 0.9) },
  'snap 60 %': { kind: 'snap', alter: approach => snapApproach(approach, 0.6) },
  'jump elsewhere': {
    kind: 'jump',
    alter(approach, random) {
      const px = JUMP_PX.least + (JUMP_PX.most - JUMP_PX.least) * random()
      const angle = 2 * Math.PI * random()
      return jumpElsewhere(approach, px * Math.cos(angle), px * Math.sin(angle))
    },
  },
  'jump to own target': { kind: 'jump', alter: jumpToOwnTarget },
  assist: { kind: null, alter: approach => assistApproach(approach, 0.7) },
}

/** One action of a person: its approach and features as the person made it, and altered; null where they are unknown. */
export interface PersonAction {
  readonly timeMs: number
  readonly path: Approach
  readonly honest: readonly number[] | null
  readonly altered: Readonly<Record<string, { readonly path: Approach; readonly features: readonly number[] | null }>>
}

/** The actions of a person, for each sampling. */
export type Person = readonly (readonly PersonAction[])[]

const FIRST = 8

/** As a client sends it: one that tells the pointer in whole units, or one that does not. */
const sent = (path: Approach, isRounded: boolean): Approach =>
  isRounded ? path.map(([ms, x, y]) => [ms, Math.round(x), Math.round(y)]) : path

/** An action with what it would be if it were altered. @param options.aim of the person, the action not yet included */
export function actionOf(
  path: Approach,
  { timeMs, aim, random, isRounded }: { timeMs: number; aim: Aim; random: () => number; isRounded: boolean },
): PersonAction {
  const usual = aim.usualWay
  const altered = Object.entries(alterations).map(([name, { alter }]) => {
    const changed = sent(alter(path, random), isRounded)
    const measured = measureApproach(changed)
    const isKnown = typeof measured !== 'string' && usual !== null && !isRest(measured.way, usual)
    return [name, { path: changed, features: isKnown ? featuresOf(measured, usual) : null }]
  })
  const own = sent(path, isRounded)
  const honest = aim.measure(own)
  const features = typeof honest === 'string' ? null : honest
  return { timeMs, path: own, honest: features, altered: Object.fromEntries(altered) }
}

function readPerson(file: string, seed: number): Person {
  const samples = withRests(readRecording(readFileSync(file, 'utf8')).samples)
  return samplings.map((sampling, n) => {
    const random = randomFrom(seed * 100 + n)
    const aim = new Aim()
    const actions: PersonAction[] = []
    for (const [index, { isAction, timeMs }] of samples.entries()) {
      if (!isAction || index < FIRST) continue
      const path = approachAt(samples, index, { sampling, random })
      actions.push(actionOf(path, { timeMs, aim, random, isRounded: sampling.isRounded }))
    }
    return actions
  })
}

/** Everybody of a folder of recordings. */
export const readPeople = (folder: string): Person[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.csv'))
    .sort()
    .map((name, n) => readPerson(join(folder, name), n + 1))

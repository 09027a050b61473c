import { CHEAT_KINDS } from '@millrace/domains/lol/simulate/kinds'

/** One setting of the generator's dials. */
export interface Level {
  readonly name: string
  /** What it means, for the document. */
  readonly about: string
  readonly options: Readonly<Record<string, string>>
}

/** Share of the players that cheats in each way. */
export const SHARE = 0.05

export const commonOptions = {
  paths: '16hz',
  cheats: CHEAT_KINDS.map(kind => `${kind}=${SHARE}`).join(','),
} as const

export const levels: readonly Level[] = [
  { name: 'easy', about: '50 % of the actions; all of the way; 14 clicks a second', options: { difficulty: 'easy' } },
  {
    name: 'default',
    about:
      '25 % of the actions; 90 % of the way; gaps of a macro within 4 %; 9 clicks a second; game time 1.5 times as fast',
    options: { difficulty: 'default' },
  },
  {
    name: 'default, own target',
    about: 'as default; every jump is to where the hand was going anyway',
    options: { difficulty: 'default', dials: 'elsewhere=0' },
  },
  {
    name: 'default, 60 Hz',
    about: 'as default, with paths at 60 Hz',
    options: { difficulty: 'default', paths: '60hz' },
  },
  {
    name: 'default, 10 %',
    about: 'as default, with 10 % of the actions',
    options: { difficulty: 'default', dials: 'share=0.1' },
  },
  {
    name: 'hard',
    about: '10 % of the actions; 60 % of the way; gaps within 8 %; 6.5 clicks a second; game time 1.15 times as fast',
    options: { difficulty: 'hard' },
  },
]

/** The level that the goals are stated for. */
export const DEFAULT_LEVEL = 'default'
/** The level whose jumps the detectors without a model are tried on: those elsewhere would help them. */
export const OWN_TARGET_LEVEL = 'default, own target'

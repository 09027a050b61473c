import type { AdditiveEvidenceArtefact, Kind } from './artefact.ts'
import type { CumulativeSum } from './cumulative-sum.ts'

type Sign = AdditiveEvidenceArtefact['evidence'][Kind]['sign']

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`

/** What a referee is told to look at, for each kind; the numbers are those of the sign. */
const SIGNS: Readonly<Record<Kind, { readonly of: string; readonly did: (limits: readonly number[]) => string }>> = {
  snap: {
    of: 'aimed actions',
    did: ([straightness = 0, spread = 0]) =>
      `ran straight at one speed (bend of at most ${percent(1 - straightness)}, speed within ${percent(spread)})`,
  },
  jump: {
    of: 'aimed actions',
    did: ([speed = 0]) =>
      `reached their target in the last moment (at ${speed} times the mean speed of the way or more)`,
  },
  macro: {
    of: 'runs of eight similar gaps',
    did: ([spread = 0]) => `were even (spread of at most ${percent(spread)})`,
  },
  rate: {
    of: 'windows of 5 s',
    did: ([rate = 0]) => `held at least ${rate} clicks a second`,
  },
  clock: {
    of: 'minutes',
    did: ([drift = 0]) => `had a game time that ran at least ${percent(drift)} faster or slower than the event time`,
  },
}

const expected = (people: number, items: number): string => {
  const count = people * items
  return count < 0.5 ? `fewer than 1 of ${items}` : `${Math.round(count)} of ${items}`
}

/** Why a player is reported: "14 of 31 aimed actions ran straight (…); of people's, 2 of 31 do". */
export function reasonOf(kind: Kind, { items, signs }: Pick<CumulativeSum, 'items' | 'signs'>, sign: Sign): string {
  const { of, did } = SIGNS[kind]
  const limits = sign.conditions.map(({ atLeast, atMost }) => atLeast ?? atMost ?? 0)
  return `${signs} of ${items} ${of} ${did(limits)}; of people's, ${expected(sign.people, items)} do`
}

import { env, nearest } from '@millrace/runtime'
import type { Dials } from './kinds.ts'

/** What each dial can be set to. */
const RANGES: Readonly<Record<keyof Dials, { readonly min: number; readonly max: number }>> = {
  share: { min: 0.01, max: 1 },
  alpha: { min: 0, max: 1 },
  elsewhere: { min: 0, max: 1 },
  evenness: { min: 0, max: 1 },
  rate: { min: 1, max: 50 },
  clock: { min: 0.5, max: 10 },
}
const NAMES = Object.keys(RANGES) as (keyof Dials)[]

/** Reads `share=0.1,alpha=0.9`: dials that are not those of the difficulty. */
export const dialValues = env.text().transform((text, context): Partial<Dials> => {
  const dials: Partial<Record<keyof Dials, number>> = {}
  const tell = (message: string) => context.addIssue({ code: 'custom', message })
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=')
    const dial = NAMES.find(known => known === name)
    if (!dial) {
      const suggestion = nearest(name, NAMES)
      tell(
        `"${name}" is no dial. ${suggestion ? `Did you mean ${suggestion}? E` : 'E'}xpected <dial>=<number>,… with the dials ${NAMES.join(', ')}`,
      )
      continue
    }
    const { min, max } = RANGES[dial]
    const number = Number(value)
    if (dials[dial] !== undefined) tell(`${dial} is given twice`)
    else if (!/^\d*\.?\d+$/.test(value) || number < min || number > max)
      tell(`${dial} is "${value}": expected a number from ${min} to ${max}`)
    else dials[dial] = number
  }
  return dials
})

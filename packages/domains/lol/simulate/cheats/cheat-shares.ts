import { env, nearest } from '@millrace/runtime'
import { Random } from '@millrace/simulation'
import { CHEAT_KINDS, type CheatKind } from './kinds.ts'

/** Share of all players that cheat in each way. */
export type CheatShares = Readonly<Partial<Record<CheatKind, number>>>

const EXPECTED = `expected none or <kind>=<share>,… with the kinds ${CHEAT_KINDS.join(', ')}`

/** Reads `jump=0.02,snap=0.05` or `none`. */
export const cheatShares = env.text().transform((text, context): CheatShares => {
  const shares: Partial<Record<CheatKind, number>> = {}
  const tell = (message: string) => context.addIssue({ code: 'custom', message })
  if (text === 'none') return shares
  for (const part of text.split(',')) {
    const [name = '', share = ''] = part.split('=')
    const kind = CHEAT_KINDS.find(known => known === name)
    if (!kind) {
      const suggestion = nearest(name, [...CHEAT_KINDS])
      tell(
        `"${name}" is no kind of cheating. ${suggestion ? `Did you mean ${suggestion}? E` : 'E'}${EXPECTED.slice(1)}`,
      )
    } else if (shares[kind] !== undefined) tell(`${kind} is given twice`)
    else if (!/^\d*\.?\d+$/.test(share) || Number(share) > 1)
      tell(`${kind} is "${share}": expected a share from 0 to 1`)
    else shares[kind] = Number(share)
  }
  const sum = Object.values(shares).reduce((total, share) => total + share, 0)
  if (sum > 1 + 1e-9) tell('the shares add up to more than 1: a player cheats in one way')
  return shares
})

/**
 * Who cheats in which way: each share is met exactly, rounded to whole players, and is of the whole population, not of a shard.
 */
export function chooseCheats(
  shares: CheatShares,
  players: number,
  labels: readonly string[],
): (id: number) => CheatKind | null {
  const counts = CHEAT_KINDS.map(kind => Math.round((shares[kind] ?? 0) * players))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const everyone = Array.from({ length: players }, (_, id) => id)
  const chosen = new Random(...labels, 'cheats').sample(everyone, total)
  const kinds = new Map<number, CheatKind>()
  let from = 0
  for (const [index, kind] of CHEAT_KINDS.entries()) {
    for (const id of chosen.slice(from, from + counts[index]!)) kinds.set(id, kind)
    from += counts[index]!
  }
  return id => kinds.get(id) ?? null
}

import type { LolRaw } from '@millrace/domains/lol/contract'
import { simulation } from '@millrace/domains/lol/simulate'
import { REPORT_SEEDS } from '@millrace/domains/lol/simulate/seeds'
import { Aim } from '../../src/models/additive-evidence/aim.ts'
import { type Move, readMove } from '../../src/steps/read-move.ts'
import { randomFrom } from '../../test/moves.ts'
import { actionOf, type Person, type PersonAction } from './people.ts'

/** Sampling rates of the players, by turns: that of the reports more often than others. */
const RATES = ['16hz', '30hz', '16hz', '60hz'] as const
const PLAYERS = 3

/** Events of honest players of the realistic profile. @throws Error for a seed of the report */
function* play(seed: number, { minutes, paths }: { readonly minutes: number; readonly paths: string }) {
  if (REPORT_SEEDS.includes(seed))
    throw new Error(`The seed ${seed} is kept for the report: nothing may be fitted on it.`)
  const options = { seed: String(seed), players: String(PLAYERS), duration: `${minutes}m`, paths }
  const { stream } = simulation.simulate(simulation.parse({ profile: 'realistic', cheats: 'none', ...options }), 0)
  while (stream.nextMs !== Number.POSITIVE_INFINITY) {
    const { topic, value, atMs: timeMs } = stream.next()
    if (topic === 'lol.raw') yield { timeMs, value }
  }
}

/** The moves of the same players, each with all of its moves. */
export function simulatedMoves(of: readonly number[], { minutes }: { readonly minutes: number }): Move[][] {
  return of.flatMap((seed, n) => {
    const players = new Map<string, Move[]>()
    for (const { timeMs: timestampMs, value } of play(seed, { minutes, paths: RATES[n % RATES.length]! })) {
      const record = {
        topic: 'lol.raw',
        partition: 0,
        offset: 0,
        key: Buffer.of(),
        value: Buffer.from(value),
        timestampMs,
      }
      const read = readMove(record)
      if (read.kind !== 'ok') continue
      const { account } = read.value
      players.set(account, [...(players.get(account) ?? []), read.value])
    }
    return [...players.values()]
  })
}

/**
 * Honest players of the realistic profile, each with one sampling: the only simulated play that the fit sees.
 * @throws Error for a seed of the report
 */
export function simulatedPeople(of: readonly number[], { minutes }: { readonly minutes: number }): Person[] {
  return of.flatMap((seed, n) => {
    const players = new Map<string, { readonly aim: Aim; readonly actions: PersonAction[] }>()
    const random = randomFrom(seed)
    for (const { timeMs, value } of play(seed, { minutes, paths: RATES[n % RATES.length]! })) {
      const { account, path } = JSON.parse(value) as LolRaw
      if (path === undefined) continue
      const player = players.get(account) ?? { aim: new Aim(), actions: [] }
      players.set(account, player)
      player.actions.push(actionOf(path, { timeMs, aim: player.aim, random, isRounded: true }))
    }
    return [...players.values()].map(({ actions }): Person => [actions])
  })
}

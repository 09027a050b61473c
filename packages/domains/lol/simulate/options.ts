import { env, nearest } from '@millrace/runtime'
import { defineOptions, type OptionsOf } from '@millrace/simulation'
import { lolChampions } from '../contract.ts'
import { cheatShares } from './cheats/cheat-shares.ts'
import { dialValues } from './cheats/dials.ts'
import { CHEAT_KINDS, DIFFICULTIES } from './cheats/kinds.ts'

const PROFILES = ['seed', 'realistic'] as const
/** Options that mean something in one profile only. */
const PROFILE_OF = {
  cheaters: 'seed',
  cheats: 'realistic',
  difficulty: 'realistic',
  dials: 'realistic',
  paths: 'realistic',
} as const
const PATH_HZ = { min: 8, max: 64 }
const MAX_PLAYERS = 1_000_000
const USUAL_ROOM = 10

/** Who cheats: nobody, whoever plays one champion, or a share of the players in all their matches. */
export type Cheaters =
  | { readonly kind: 'none' }
  | { readonly kind: 'champion'; readonly champion: string }
  | { readonly kind: 'share'; readonly share: number }

const cheaters = env.text().transform((text, context): Cheaters => {
  if (text === 'none') return { kind: 'none' }
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (share <= 1) return { kind: 'share', share }
  const champion = lolChampions.find(known => known.toLowerCase() === text.toLowerCase())
  if (champion) return { kind: 'champion', champion }
  const suggestion = nearest(text, [...lolChampions, 'none'])
  const message = Number.isNaN(share)
    ? `${suggestion ? `did you mean ${suggestion}? E` : 'e'}xpected none, a share such as 0.05, or one of ${lolChampions.join(', ')}`
    : 'a share is from 0 to 1'
  context.addIssue({ code: 'custom', message })
  return { kind: 'none' }
})

const paths = env.parsed(`a sampling rate from ${PATH_HZ.min}hz to ${PATH_HZ.max}hz, such as 16hz`, text => {
  const hz = Number(/^(\d+)hz$/.exec(text)?.[1])
  return hz >= PATH_HZ.min && hz <= PATH_HZ.max ? hz : undefined
})

export const lolOptions = defineOptions(
  {
    profile: env
      .oneOf(PROFILES)
      .prefault('seed')
      .meta({ form: PROFILES.join('|'), description: 'how players behave' }),
    players: env
      .integer({ min: 1, max: MAX_PLAYERS })
      .prefault('100')
      .meta({ form: '<n>', description: 'number of players' }),
    rooms: env
      .integer({ min: 1, max: MAX_PLAYERS })
      .optional()
      .meta({ form: '<n>', description: `rooms at a time; ${USUAL_ROOM} players a room unless given` }),
    cheaters: cheaters.prefault('Viktor').meta({
      form: '<champion>|<share>|none',
      description: 'who cheats: whoever plays a champion, a share of all players such as 0.05, or nobody (seed)',
    }),
    cheats: cheatShares.prefault(CHEAT_KINDS.map(kind => `${kind}=0.02`).join(',')).meta({
      form: '<kind>=<share>,…|none',
      description: `which share of all players cheats in which way: ${CHEAT_KINDS.join(', ')} (realistic)`,
    }),
    difficulty: env
      .oneOf(DIFFICULTIES)
      .prefault('default')
      .meta({ form: DIFFICULTIES.join('|'), description: 'how hard the cheats are to detect (realistic)' }),
    dials: dialValues.optional().meta({
      form: '<dial>=<number>,…',
      description:
        'how strongly the cheats show, where that differs from the difficulty: share of the actions, alpha (share of the way that a snap replaces), elsewhere (share of jumps that are not to the own target), evenness and rate of added presses, clock (realistic)',
    }),
    paths: paths.optional().meta({
      form: '<n>hz',
      description: `send the pointer of the half second before an action, sampled at this rate, ${PATH_HZ.min} to ${PATH_HZ.max} (realistic)`,
    }),
  },
  ({ profile, players, rooms, shard }, tell, given) => {
    for (const [option, needed] of Object.entries(PROFILE_OF))
      if (profile !== undefined && profile !== needed && given[option] !== undefined)
        tell(option, `is for the profile ${needed}, but the profile is ${profile}.`)
    if (players === undefined || (rooms === undefined && given.rooms !== undefined)) return
    const count = roomsOf({ players, rooms })
    const most = lolChampions.length
    if (count > players) tell('rooms', `is ${count}: at most one room per player, so ${players}.`)
    else if (Math.ceil(players / count) > most)
      tell(
        'rooms',
        `is ${count}: ${players} players need at least ${Math.ceil(players / most)} rooms, because a room has no champion twice and there are ${most}.`,
      )
    else if (shard && shard.count > count)
      tell('shard', `is ${shard.index}/${shard.count}, but ${count} rooms make at most ${count} parts.`)
  },
)

export type LolOptions = OptionsOf<typeof lolOptions>

/** Rooms at a time. */
export const roomsOf = ({ players, rooms }: Pick<LolOptions, 'players' | 'rooms'>): number =>
  rooms ?? Math.ceil(players / USUAL_ROOM)

import { env, nearest } from '@millrace/runtime'
import {
  type CommonOptions,
  commonOptionSpecs,
  OptionReader,
  type OptionSpec,
  type Parsed,
  readCommonOptions,
} from '@millrace/simulation'
import { lolChampions } from '../contract.ts'

const PROFILES = ['seed'] as const
const MAX_PLAYERS = 1_000_000
const USUAL_ROOM = 10

/** Who cheats: nobody, whoever plays one champion, or a share of the players in all their matches. */
export type Cheaters =
  | { readonly kind: 'none' }
  | { readonly kind: 'champion'; readonly champion: string }
  | { readonly kind: 'share'; readonly share: number }

export interface LolOptions extends CommonOptions {
  readonly profile: (typeof PROFILES)[number]
  readonly players: number
  readonly rooms: number
  readonly cheaters: Cheaters
}

/** Every option of the generator, for help texts and the reference. */
export const lolOptionSpecs: readonly OptionSpec[] = [
  { name: 'profile', value: PROFILES.join('|'), default: 'seed', description: 'how players behave' },
  { name: 'players', value: '<n>', default: '100', description: 'number of players' },
  { name: 'rooms', value: '<n>', description: `rooms at a time; ${USUAL_ROOM} players a room unless given` },
  {
    name: 'cheaters',
    value: '<champion>|<share>|none',
    default: 'Viktor',
    description: 'who cheats: whoever plays a champion, a share of all players such as 0.05, or nobody',
  },
  ...commonOptionSpecs,
]

/**
 * Reads the generator's options from text, e.g. from a command line or the environment; pure.
 * @param values by option name; undefined means not given
 * @returns the options, or every problem with the option that has it
 */
export function parseLolOptions(values: Readonly<Record<string, string | undefined>>): Parsed<LolOptions> {
  const reader = new OptionReader(values, lolOptionSpecs)
  const common = readCommonOptions(reader)
  const profile = readProfile(reader)
  const players = reader.read('players', env.integer({ min: 1, max: MAX_PLAYERS }))
  const rooms = players === undefined ? undefined : readRooms(reader, players)
  const cheaters = readCheaters(reader)
  if (common && rooms !== undefined && common.shard.count > rooms)
    reader.problem(
      'shard',
      `is ${common.shard.index}/${common.shard.count}, but ${rooms} rooms make at most ${rooms} parts.`,
    )
  if (reader.problems.length > 0 || !common || !profile || !players || !rooms || !cheaters)
    return { ok: false, problems: reader.problems }
  return { ok: true, options: Object.freeze({ ...common, profile, players, rooms, cheaters }) }
}

function readProfile(reader: OptionReader): (typeof PROFILES)[number] | undefined {
  const text = reader.text('profile')!
  const profile = PROFILES.find(known => known === text)
  return (
    profile ??
    reader.problem('profile', `is ${JSON.stringify(text)}: there is no such profile. Known: ${PROFILES.join(', ')}.`)
  )
}

function readRooms(reader: OptionReader, players: number): number | undefined {
  const rooms = reader.isGiven('rooms')
    ? reader.read('rooms', env.integer({ min: 1 }))
    : Math.ceil(players / USUAL_ROOM)
  if (rooms === undefined) return undefined
  const most = lolChampions.length
  if (rooms > players) return reader.problem('rooms', `is ${rooms}: at most one room per player, so ${players}.`)
  if (Math.ceil(players / rooms) > most)
    return reader.problem(
      'rooms',
      `is ${rooms}: ${players} players need at least ${Math.ceil(players / most)} rooms, because a room has no champion twice and there are ${most}.`,
    )
  return rooms
}

function readCheaters(reader: OptionReader): Cheaters | undefined {
  const text = reader.text('cheaters')!
  if (text === 'none') return { kind: 'none' }
  if (/^\d*\.?\d+$/.test(text)) {
    const share = Number(text)
    return share <= 1 ? { kind: 'share', share } : reader.problem('cheaters', `is ${text}: a share is from 0 to 1.`)
  }
  const champion = lolChampions.find(known => known.toLowerCase() === text.toLowerCase())
  if (champion) return { kind: 'champion', champion }
  const suggestion = nearest(text, [...lolChampions, 'none'])
  return reader.problem(
    'cheaters',
    `is ${JSON.stringify(text)}: ${suggestion ? `did you mean ${suggestion}? E` : 'e'}xpected none, a share such as 0.05, or one of ${lolChampions.join(', ')}.`,
  )
}

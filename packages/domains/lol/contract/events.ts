import {
  derivedId,
  eventId,
  fallingFirst,
  instant,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireList,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'
import { GAME_TIME } from '../../game-time.ts'
import { MAX_APPROACH_MS, MAX_APPROACH_POINTS } from '../approach.ts'

/** The champions of the scenario; other names are accepted on the wire and kept. */
export const lolChampions = [
  'Azir',
  'Viktor',
  'Orianna',
  'Vex',
  'Ryze',
  'Zilean',
  'Ahri',
  'Anivia',
  'AurelionSol',
  'Lux',
  'Malzahar',
  'Neeko',
  'Sylas',
  'Syndra',
  'Taliyah',
  'Xerath',
  'Vladimir',
] as const

/** What a column of 32 bits holds. */
const MAX_INT = 2 ** 31 - 1

const account = z.string().min(1).max(128).describe('player account; the partition key')
const cheat = z.string().min(1).max(64)
const roomID = z.string().min(1).max(128).describe('match (room) id')

/** One sample of the pointer before an action; the titles name the columns of the lake. */
const approachPoint = z.tuple(
  [
    z.int().min(0).max(MAX_APPROACH_MS).meta({ title: 'before_ms', description: 'ms before the action' }),
    z.number().meta({ title: 'dx', description: 'x of the pointer then, less x of the action, map units' }),
    z.number().meta({ title: 'dy', description: 'y of the pointer then, less y of the action, map units' }),
  ],
  { error: 'expected an array of three numbers: ms before the action, dx, dy' },
)

/** One action of a player in a match, as it travels in `lol.raw`. */
export const lolRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  datetime: instant.describe('event time'),
  method: z.enum(['/move', '/wait', '/getItem']).describe('what the player did'),
  ingametime: z
    .string()
    .regex(GAME_TIME, { error: 'expected minutes:seconds since the room started, e.g. 12:5' })
    .describe('minutes:seconds since the room started'),
  ip: z.string().min(2).max(45).describe('address of the client'),
  x: z.number().describe('pointer position, map units; 0 while waiting'),
  y: z.number().describe('pointer position, map units; 0 while waiting'),
  deathCount: z.int().min(0).max(MAX_INT).describe('deaths of this player in this match so far'),
  id: z.string().min(1).max(64).describe("the client's own record id; data, not the event id"),
  inputkey: z.string().max(32).describe('key that was pressed'),
  account,
  champion: z.string().min(1).max(64).describe('champion as the client spells it'),
  status: z.union([z.literal(0), z.literal(1)]).describe('1 while dead'),
  roomID: roomID.optional().describe('match (room) id'),
  createRoomDate: instant.optional().describe('start of the match'),
  path: z
    .array(approachPoint)
    .min(1)
    .max(MAX_APPROACH_POINTS)
    .check(fallingFirst)
    .optional()
    .describe(
      'way of the pointer to the action: [ms before the action, dx, dy] of each sample, oldest first, so that the ms fall from sample to sample; dx and dy are the position then less the position of the action, map units',
    ),
})

export const lolRawWire: WireReaders = {
  eventId: wireEventId,
  datetime: wireInstant,
  createRoomDate: wireInstant,
  x: wireNumber,
  y: wireNumber,
  deathCount: wireNumber,
  status: wireNumber,
  path: wireList(wireList(wireNumber)),
}

/** A raw event with normalised names and derived columns; the same event id. */
export const lolCurated = lolRaw.extend({
  champion: z.string().min(1).max(64).describe('champion in its canonical spelling'),
  roomDay: z.iso.date().describe('UTC day on which the match started'),
  'x+y': z.number().describe('sum of x and y, kept for compatibility; not a distance'),
  buyItem: z.union([z.literal(0), z.literal(1)]).describe('1 when the method is /getItem'),
  displacement: z.number().min(0).nullable().describe("map units since the player's previous move; null on the first"),
  elapsedMs: z.int().min(0).nullable().describe("ms since the player's previous move; null on the first"),
  speed: z
    .number()
    .min(0)
    .nullable()
    .describe("map units per second since the player's previous move; null on the first"),
})

/** How suspicious one move is, with the reasons. */
export const lolScore = z.looseObject({
  eventId: derivedId.describe('<event id of the move>:score'),
  sourceEventId: eventId.describe('id of the move'),
  datetime: instant.describe('event time of the move'),
  account,
  roomID: roomID.optional().describe('match (room) id'),
  score: z.number().min(0).max(1).describe('0 = ordinary, 1 = certainly not a hand'),
  verdict: z.enum(['normal', 'suspicious']).describe('normal while the player warms up'),
  kind: cheat
    .nullable()
    .optional()
    .describe('kind of cheating that the score speaks for; absent where the model does not tell kinds apart'),
  contributions: z
    .array(z.object({ feature: z.string(), value: z.number(), contribution: z.number() }))
    .describe(
      'features that raised the score, largest first; of time-aware-rule they add up to the score before clipping, of additive-evidence they are log likelihood ratios',
    ),
  modelId: z.string().describe('id of the model that scored'),
  warmUp: z.boolean().describe('true while the player has too little history to be judged'),
  late: z.boolean().describe('true when the move came after the allowed lateness'),
})

/** A player crossed the alert threshold; one per player and incident. */
export const lolAlert = z.looseObject({
  eventId: derivedId.describe('<event id of the move that crossed>:alert'),
  sourceEventId: eventId.describe('id of the move that crossed'),
  datetime: instant.describe('event time of the move that crossed the threshold'),
  account,
  roomID: roomID.optional().describe('match (room) id'),
  score: z.number().min(0).max(1).describe('score of the player when the threshold was crossed'),
  kind: cheat
    .optional()
    .describe('kind of cheating that the alert speaks for; absent where the model does not tell kinds apart'),
  reason: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('a sentence for a referee: what was seen, and what people do'),
  evidence: z
    .array(
      z.object({
        sourceEventId: eventId,
        datetime: instant,
        score: z.number(),
        feature: z.string(),
        value: z.number(),
      }),
    )
    .describe('the moves that led to the alert, oldest first'),
  modelId: z.string().describe('id of the model that scored'),
})

/** What is true about a player in a match, about one cheating episode or about one altered action. Detectors never read it. */
export const lolTruth = z.looseObject({
  eventId: eventId.describe('id of the truth record'),
  datetime: instant.describe('start of the match or of the episode, or event time of the action'),
  kind: z
    .enum(['player-match', 'episode', 'action'])
    .describe('a label for player and match, an interval of one kind of cheating, or one altered action'),
  actionId: eventId.optional().describe('event id of the altered action in lol.raw; only of the kind action'),
  account,
  roomID,
  roomDay: z.iso.date().describe('UTC day on which the match started'),
  champion: z.string().min(1).max(64).describe('champion in its canonical spelling'),
  endedAt: instant.describe('end of the match or of the episode, or event time of the action'),
  cheater: z.boolean().describe('true when the player cheats in this match'),
  cheat: z
    .string()
    .nullable()
    .describe(
      'kind of cheating: jump, snap, macro, rate, clock or assist, and irregular-moves of the seed profile; null for an honest player',
    ),
  difficulty: z
    .enum(['easy', 'default', 'hard'])
    .optional()
    .describe('how strong the cheats of the realistic profile are'),
})

export type LolRaw = z.infer<typeof lolRaw>
export type LolCurated = z.infer<typeof lolCurated>
export type LolScore = z.infer<typeof lolScore>
export type LolAlert = z.infer<typeof lolAlert>
export type LolTruth = z.infer<typeof lolTruth>

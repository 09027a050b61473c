import { z } from 'zod'
import { derivedId, eventId, instant, type WireReaders, wireEventId, wireInstant, wireNumber } from '../wire.ts'

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

const GAME_TIME = /^\d{1,4}:\d{1,2}$/
const MOST_MINUTE_DIGITS = 4
const MOST_SECOND_DIGITS = 2

/** The number of the digits from `from` up to `to`; −1 where there are none, too many, or something else among them. */
function readDigits(text: string, from: number, to: number, most: number): number {
  if (to <= from || to - from > most) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Milliseconds of a game time written minutes:seconds, or null where the text is none. */
export function readGameTimeMs(ingametime: string): number | null {
  const colon = ingametime.indexOf(':')
  const minutes = readDigits(ingametime, 0, colon, MOST_MINUTE_DIGITS)
  const seconds = readDigits(ingametime, colon + 1, ingametime.length, MOST_SECOND_DIGITS)
  return minutes < 0 || seconds < 0 ? null : (minutes * 60 + seconds) * 1000
}

const account = z.string().min(1).max(128).describe('player account; the partition key')
const roomID = z.string().min(1).max(128).describe('match (room) id')

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
  deathCount: z.int().min(0).describe('deaths of this player in this match so far'),
  id: z.string().min(1).max(64).describe("the client's own record id; data, not the event id"),
  inputkey: z.string().max(32).describe('key that was pressed'),
  account,
  champion: z.string().min(1).max(64).describe('champion as the client spells it'),
  status: z.union([z.literal(0), z.literal(1)]).describe('1 while dead'),
  roomID: roomID.optional(),
  createRoomDate: instant.optional().describe('start of the match'),
})

export const lolRawWire: WireReaders = {
  eventId: wireEventId,
  datetime: wireInstant,
  createRoomDate: wireInstant,
  x: wireNumber,
  y: wireNumber,
  deathCount: wireNumber,
  status: wireNumber,
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
  sourceEventId: eventId,
  datetime: instant.describe('event time of the move'),
  account,
  roomID: roomID.optional(),
  score: z.number().min(0).max(1).describe('0 = ordinary, 1 = certainly not a hand'),
  verdict: z.enum(['normal', 'suspicious']),
  contributions: z
    .array(z.object({ feature: z.string(), value: z.number(), contribution: z.number() }))
    .describe('features that raised the score, largest first; contributions add up to the score before clipping'),
  modelId: z.string().describe('id of the model that scored'),
  warmUp: z.boolean().describe('true while the player has too little history to be judged'),
  late: z.boolean().describe('true when the move came after the allowed lateness'),
})

/** A player crossed the alert threshold; one per player and incident. */
export const lolAlert = z.looseObject({
  eventId: derivedId.describe('<event id of the move that crossed>:alert'),
  sourceEventId: eventId,
  datetime: instant.describe('event time of the move that crossed the threshold'),
  account,
  roomID: roomID.optional(),
  score: z.number().min(0).max(1).describe('score of the player when the threshold was crossed'),
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
  modelId: z.string(),
})

/** What is true about a player in a match, or about one cheating episode. Detectors never read it. */
export const lolTruth = z.looseObject({
  eventId: eventId.describe('id of the truth record'),
  datetime: instant.describe('start of the match or of the episode'),
  kind: z
    .enum(['player-match', 'episode'])
    .describe('a label for player and match, or an interval of one kind of cheating'),
  account,
  roomID,
  roomDay: z.iso.date().describe('UTC day on which the match started'),
  champion: z.string().min(1).max(64),
  endedAt: instant.describe('end of the match or of the episode'),
  cheater: z.boolean().describe('true when the player cheats in this match'),
  cheat: z.string().nullable().describe('kind of cheating; null for an honest player'),
})

export type LolRaw = z.infer<typeof lolRaw>
export type LolCurated = z.infer<typeof lolCurated>
export type LolScore = z.infer<typeof lolScore>
export type LolAlert = z.infer<typeof lolAlert>
export type LolTruth = z.infer<typeof lolTruth>

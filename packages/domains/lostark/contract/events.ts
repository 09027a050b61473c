import {
  eventId,
  instant,
  instantMs,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
  wireObject,
} from '@millrace/contracts'
import { z } from 'zod'
import { GAME_TIME, readGameTimeMs } from '../../game-time.ts'

/** What a column of 32 bits holds. */
const MAX_INT = 2 ** 31 - 1
/** The longest time that a boss may give a raid, seconds: it bounds how long the state of a raid is held. */
export const MAX_LIMIT_SEC = 7_200
/** A raid that begins later could have events later than an instant can say. */
const LAST_START_MS = Date.UTC(9990, 0, 1)

const sessionID = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'expected up to 64 letters, digits, - and _' })
  .describe('session of the party; the partition key')
const startTime = instant
  .refine(text => instantMs(text) < LAST_START_MS, { error: 'expected an instant before the year 9990' })
  .describe('start of the raid; a session has one raid after another')
const account = z.string().min(1).max(128).describe('account of the player')
const name = z.string().min(1).max(64)

/** One action of a player in a legion raid, as it travels in `lostark.raw`. */
export const lostarkRaw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  sessionID,
  startTime,
  gametime: z
    .string()
    .regex(GAME_TIME, { error: 'expected minutes:seconds since the raid began, e.g. 12:5' })
    .describe('minutes:seconds since the raid began'),
  success: z
    .union([z.literal(0), z.literal(1)])
    .describe('1 on the closing records of a raid that succeeded: the time of the boss is up'),
  Boss: z
    .looseObject({
      difficulty: z.int().min(0).max(MAX_INT).describe('difficulty of the raid'),
      name: name.describe('boss as the client spells it'),
      endTime: z.int().min(1).max(MAX_LIMIT_SEC).describe('seconds that the raid has'),
    })
    .describe('the boss of the raid'),
  User: z
    .looseObject({
      ip: z.string().min(2).max(45).describe('address of the client'),
      class: name.describe('class as the client spells it'),
      account,
    })
    .describe('the player'),
  method: z.enum(['/move', '/wait', '/chat']).describe('what the player did'),
  x: z.number().describe('pointer position, map units; 0 while waiting'),
  y: z.number().describe('pointer position, map units; 0 while waiting'),
  inputkey: z.string().max(32).describe('key that was pressed'),
  status: z.union([z.literal(0), z.literal(1)]).describe('1 from the death of the player on'),
})

export const lostarkRawWire: WireReaders = {
  eventId: wireEventId,
  startTime: wireInstant,
  success: wireNumber,
  Boss: wireObject({ difficulty: wireNumber, endTime: wireNumber }),
  x: wireNumber,
  y: wireNumber,
  status: wireNumber,
}

const raidDay = z.iso.date().describe('UTC day on which the raid began')
const className = name.describe('class in its canonical spelling')
const bossName = name.describe('boss in its canonical spelling')

/** A raw event with normalised names and derived columns; the same event id. */
export const lostarkCurated = lostarkRaw.extend({
  datetime: instant.describe('event time: start of the raid and game time'),
  raidDay,
  bossName,
  className,
  account,
  'x+y': z.number().describe('sum of x and y, kept for compatibility; not a distance'),
})

const state = z
  .enum(['running', 'succeeded', 'failed'])
  .describe('running until the raid is decided; succeeded when a member is alive when the time is up')
const success = z.boolean().nullable().describe('whether the raid succeeded; null while it is running')
const startOfRaid = instant.describe('start of the raid')
const difficulty = z.int().min(0).max(MAX_INT).describe('difficulty of the raid')
const revision = z.int().min(1).describe('grows with every correction')

/** How a raid stands or ended; the newest revision counts. */
export const lostarkOutcome = z.looseObject({
  eventId: z.string().min(1).describe('<session>@<start of the raid>'),
  sessionID,
  startTime: startOfRaid,
  raidDay,
  boss: bossName,
  difficulty,
  limitSec: z.int().min(1).max(MAX_LIMIT_SEC).describe('seconds that the raid has'),
  state,
  success,
  members: z.int().min(1).max(MAX_INT).describe('players of the raid so far'),
  survivors: z.int().min(0).max(MAX_INT).describe('of these, the ones who are alive'),
  durationSec: z
    .int()
    .min(0)
    .max(MAX_INT)
    .nullable()
    .describe('seconds until the last death of a raid that failed, else the time of the boss; null while running'),
  timeUpBy: z
    .enum(['record', 'watermark'])
    .nullable()
    .describe('how it is known that the time is up: from a record of the raid, or only from later records of others'),
  revision,
})

/** How a player of a raid stands or ended; the newest revision counts. */
export const lostarkMember = z.looseObject({
  eventId: z.string().min(1).describe('<session>@<start of the raid>@<account>'),
  sessionID,
  startTime: startOfRaid,
  raidDay,
  account,
  class: className,
  boss: bossName,
  difficulty,
  state,
  success,
  survived: z.boolean().nullable().describe('whether the player was alive when the time was up; null while running'),
  diedAtSec: z
    .int()
    .min(0)
    .max(MAX_INT)
    .nullable()
    .describe('seconds from the start of the raid to the death of the player; null without one'),
  revision,
})

/** How often a boss was survived on a day; the newest revision counts. */
export const lostarkSuccess = z.looseObject({
  day: instant.describe('start of the UTC day on which the raids began'),
  boss: bossName,
  class: z.string().max(64).describe('class; empty: all classes together'),
  members: z.int().min(0).describe('players in raids, those that are running included'),
  players: z.int().min(0).describe('players in raids that are decided'),
  successes: z.int().min(0).describe('of these, the players of raids that succeeded'),
  survivors: z.int().min(0).describe('of these, the players who were alive when the time was up'),
  successRate: z.number().min(0).max(1).nullable().describe('successes by players; null where no raid is decided'),
  revision,
})

export type LostarkRaw = z.infer<typeof lostarkRaw>
export type LostarkCurated = z.infer<typeof lostarkCurated>
export type LostarkOutcome = z.infer<typeof lostarkOutcome>
export type LostarkMember = z.infer<typeof lostarkMember>
export type LostarkSuccess = z.infer<typeof lostarkSuccess>

/** Start of the raid of an event, ms since the epoch. */
export const startMsOf = ({ startTime }: Pick<LostarkRaw, 'startTime'>): number => Date.parse(startTime)

/** Event time: start of the raid and game time; null where one of the two cannot be read. */
export function lostarkTimeMs(event: Pick<LostarkRaw, 'startTime' | 'gametime'>): number | null {
  const startMs = startMsOf(event)
  const gameTimeMs = typeof event.gametime === 'string' ? readGameTimeMs(event.gametime) : null
  return Number.isNaN(startMs) || gameTimeMs === null ? null : startMs + gameTimeMs
}

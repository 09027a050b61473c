import {
  bigint,
  boolean,
  defineDomain,
  defineMapping,
  defineMeasure,
  defineTable,
  defineTopic,
  derivedId,
  double,
  eventId,
  instant,
  instantField,
  int,
  keyField,
  microsOf,
  perPartition,
  text,
  timestamp,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'
import { GAME_TIME } from '../game-time.ts'

export { readGameTimeMs } from '../game-time.ts'

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
  deathCount: z.int().min(0).max(MAX_INT).describe('deaths of this player in this match so far'),
  id: z.string().min(1).max(64).describe("the client's own record id; data, not the event id"),
  inputkey: z.string().max(32).describe('key that was pressed'),
  account,
  champion: z.string().min(1).max(64).describe('champion as the client spells it'),
  status: z.union([z.literal(0), z.literal(1)]).describe('1 while dead'),
  roomID: roomID.optional().describe('match (room) id'),
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
  sourceEventId: eventId.describe('id of the move'),
  datetime: instant.describe('event time of the move'),
  account,
  roomID: roomID.optional().describe('match (room) id'),
  score: z.number().min(0).max(1).describe('0 = ordinary, 1 = certainly not a hand'),
  verdict: z.enum(['normal', 'suspicious']).describe('normal while the player warms up'),
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
  sourceEventId: eventId.describe('id of the move that crossed'),
  datetime: instant.describe('event time of the move that crossed the threshold'),
  account,
  roomID: roomID.optional().describe('match (room) id'),
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
  modelId: z.string().describe('id of the model that scored'),
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
  champion: z.string().min(1).max(64).describe('champion in its canonical spelling'),
  endedAt: instant.describe('end of the match or of the episode'),
  cheater: z.boolean().describe('true when the player cheats in this match'),
  cheat: z.string().nullable().describe('kind of cheating; null for an honest player'),
})

export type LolRaw = z.infer<typeof lolRaw>
export type LolCurated = z.infer<typeof lolCurated>
export type LolScore = z.infer<typeof lolScore>
export type LolAlert = z.infer<typeof lolAlert>
export type LolTruth = z.infer<typeof lolTruth>

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')

const raw = defineTopic({
  name: 'lol.raw',
  schema: lolRaw,
  wire: lolRawWire,
  keyOf,
  eventTimeMs,
  samples: [
    {
      datetime: '2024-03-24T11:25:29.845Z',
      method: '/move',
      ingametime: '0:0',
      ip: '192.168.0.50',
      x: '277',
      y: '-351',
      deathCount: '0',
      id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
      inputkey: 'b',
      account: 'testAccount_56',
      champion: 'vex',
      status: '0',
    },
  ],
  why: 'Actions of players as accepted by the gateway; keyed by account so that one player stays in order.',
})

const curated = defineTopic({
  name: 'lol.curated',
  schema: lolCurated,
  keyOf,
  eventTimeMs,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw actions with normalised names and derived columns, for analysis and training.',
})

const scores = defineTopic({
  name: 'lol.scores',
  schema: lolScore,
  keyOf,
  eventTimeMs,
  lake: false,
  derivedFrom: { topic: raw, by: 'anomaly-scorer', relation: 'some' },
  why: 'The score of every move, with its reasons.',
})

const alerts = defineTopic({
  name: 'lol.alerts',
  schema: lolAlert,
  keyOf,
  eventTimeMs,
  retentionDays: 30,
  lake: false,
  derivedFrom: { topic: raw, by: 'anomaly-scorer', relation: 'some' },
  why: 'Players who crossed the alert threshold, once per incident, with evidence.',
})

const truth = defineTopic({
  name: 'lol.truth',
  schema: lolTruth,
  keyOf,
  eventTimeMs,
  samples: [
    {
      eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11',
      datetime: '2024-03-24T11:25:00.000Z',
      kind: 'player-match',
      account: 'testAccount_56',
      roomID: 'room_3',
      roomDay: '2024-03-24',
      champion: 'Viktor',
      endedAt: '2024-03-24T11:58:00.000Z',
      cheater: true,
      cheat: 'teleport',
    },
  ],
  why: 'Who really cheats; read by the evaluator and for the label column, never by a detector.',
})

const eventColumns = {
  event_id: text('id of the event'),
  datetime: timestamp('event time'),
  room_day: text('UTC day on which the match started'),
  champion: text('champion, canonical spelling'),
  account: text('player account'),
  room_id: text('match; empty where the client sent none'),
  ingametime: text('minutes:seconds since the match started'),
  x: double('pointer position, map units'),
  y: double('pointer position, map units'),
  x_plus_y: double('x + y, kept for compatibility'),
  speed: double("map units per second since the player's previous move; null on the first"),
} as const

const analysis = defineTable({
  name: 'lol_analysis',
  description: 'All curated columns of League of Legends actions, by room day, champion and account.',
  purpose: {
    question: 'What did a player do on a champion on a day, action by action?',
    partitionRows: 'the actions of one player on one champion in a day: about 400 for an hour of play',
    example: { room_day: '2024-03-24', champion: 'Azir', account: 'testAccount_10' },
  },
  partitionKey: ['room_day', 'champion', 'account'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    ...eventColumns,
    method: text('/move, /wait or /getItem'),
    ip: text('address of the client'),
    death_count: int('deaths in this match so far'),
    record_id: text("the client's own record id"),
    inputkey: text('key that was pressed'),
    status: int('1 while dead'),
    create_room_date: timestamp('start of the match'),
    buy_item: int('1 when the method is /getItem'),
    displacement: double("map units since the player's previous move"),
    elapsed_ms: bigint("ms since the player's previous move"),
  },
})

const training = defineTable({
  name: 'lol_training',
  description: 'Features and label for training a detector; the label comes from the truth, one per player and match.',
  purpose: {
    question: 'What are the features of a player in a match, and does the player cheat?',
    partitionRows: 'the actions of one player in one match: about 400 for an hour of play',
    example: {
      room_day: '2024-03-24',
      champion: 'Azir',
      account: 'testAccount_10',
      room_id: 'a00217c8-741e-47b6-bfdd-c1f4a8428f51',
    },
  },
  partitionKey: ['room_day', 'champion', 'account', 'room_id'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    ...eventColumns,
    label: perPartition(boolean('true when the player cheats in this match; null until the truth is known')),
    cheat: perPartition(text('kind of cheating')),
  },
})

const scoresByPlayer = defineTable({
  name: 'lol_scores_by_player',
  description: 'The score of every move, newest first, by player and day.',
  purpose: {
    question: 'How suspicious were the moves of a player on a day?',
    partitionRows: 'the moves of one player in a day: about 400 for an hour of play',
    example: { account: 'testAccount_1', day: '2024-03-24' },
  },
  partitionKey: ['account', 'day'],
  clusteringKey: [
    { column: 'datetime', order: 'desc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    account: text('player account'),
    day: text('UTC day of the move'),
    datetime: timestamp('event time of the move'),
    event_id: text('id of the score'),
    source_event_id: text('id of the move'),
    room_id: text('match; empty where the client sent none'),
    score: double('0 = ordinary, 1 = certainly not a hand'),
    verdict: text('normal or suspicious'),
    contributions: text('JSON: features that raised the score, largest first'),
    model_id: text('model that scored'),
    warm_up: boolean('true while the player has too little history'),
    late: boolean('true when the move came after the allowed lateness'),
  },
})

const alertsByDay = defineTable({
  name: 'lol_alerts_by_day',
  description: 'Alerts, newest first, by day.',
  purpose: {
    question: 'Which players were reported on a day, and why?',
    partitionRows: 'the alerts of a day: one for each player and incident',
    example: { day: '2024-03-24' },
  },
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'datetime', order: 'desc' },
    { column: 'event_id', order: 'asc' },
  ],
  columns: {
    day: text('UTC day of the alert'),
    datetime: timestamp('event time at which the threshold was crossed'),
    event_id: text('id of the alert'),
    source_event_id: text('id of the move that crossed'),
    account: text('player account'),
    room_id: text('match; empty where the client sent none'),
    score: double('score of the player when the threshold was crossed'),
    evidence: text('JSON: the moves that led to the alert, oldest first'),
    model_id: text('model that scored'),
  },
})

const eventValues = (event: LolCurated) => ({
  event_id: event.eventId,
  datetime: Date.parse(event.datetime),
  room_day: event.roomDay,
  champion: event.champion,
  account: event.account,
  room_id: event.roomID ?? '',
  ingametime: event.ingametime,
  x: event.x,
  y: event.y,
  x_plus_y: event['x+y'],
  speed: event.speed,
})

const mappings = [
  defineMapping(curated, analysis, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      ...eventValues(event),
      method: event.method,
      ip: event.ip,
      death_count: event.deathCount,
      record_id: event.id,
      inputkey: event.inputkey,
      status: event.status,
      create_room_date: event.createRoomDate === undefined ? null : Date.parse(event.createRoomDate),
      buy_item: event.buyItem,
      displacement: event.displacement,
      elapsed_ms: event.elapsedMs,
    },
  })),
  defineMapping(curated, training, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: eventValues(event),
  })),
  defineMapping(truth, training, truth =>
    truth.kind !== 'player-match'
      ? null
      : {
          writeTimeMicros: microsOf(Date.parse(truth.datetime)),
          values: {
            room_day: truth.roomDay,
            champion: truth.champion,
            account: truth.account,
            room_id: truth.roomID,
            label: truth.cheater,
            cheat: truth.cheat,
          },
        },
  ),
  defineMapping(scores, scoresByPlayer, score => ({
    writeTimeMicros: microsOf(Date.parse(score.datetime)),
    values: {
      account: score.account,
      day: score.datetime.slice(0, 10),
      datetime: Date.parse(score.datetime),
      event_id: score.eventId,
      source_event_id: score.sourceEventId,
      room_id: score.roomID ?? '',
      score: score.score,
      verdict: score.verdict,
      contributions: JSON.stringify(score.contributions),
      model_id: score.modelId,
      warm_up: score.warmUp,
      late: score.late,
    },
  })),
  defineMapping(alerts, alertsByDay, alert => ({
    writeTimeMicros: microsOf(Date.parse(alert.datetime)),
    values: {
      day: alert.datetime.slice(0, 10),
      datetime: Date.parse(alert.datetime),
      event_id: alert.eventId,
      source_event_id: alert.sourceEventId,
      account: alert.account,
      room_id: alert.roomID ?? '',
      score: alert.score,
      evidence: JSON.stringify(alert.evidence),
      model_id: alert.modelId,
    },
  })),
]

const actions = defineMeasure({
  name: 'actions',
  topic: curated,
  title: 'Actions per second, by method',
  description: 'What players do: moves, waits and bought items.',
  label: 'method',
  values: ['/move', '/wait', '/getItem'],
  of: ({ method }) => ({ as: method, by: 1 }),
})

const verdicts = defineMeasure({
  name: 'verdicts',
  topic: scores,
  title: 'Moves per second, by verdict',
  description:
    'How the detector judges moves: a share of suspicious ones that grows is a wave of cheating, or a change of play.',
  label: 'verdict',
  values: ['normal', 'suspicious'],
  of: ({ verdict }) => ({ as: verdict, by: 1 }),
})

/** League of Legends: topics, tables and mappings. */
export const lol = defineDomain({
  name: 'lol',
  title: 'League of Legends matches',
  topics: { raw, curated, scores, alerts, truth },
  tables: [analysis, training, scoresByPlayer, alertsByDay],
  mappings,
  measures: [actions, verdicts],
})

import type { LolAlert, LolCurated, LolScore, LolTruth } from './domains/lol.ts'
import type { TopicName } from './topics.ts'

export type MartType = 'text' | 'timestamp' | 'double' | 'int' | 'bigint' | 'boolean'
/** A timestamp is given in ms since the epoch. */
export type MartValue = string | number | boolean | null

export interface MartColumn {
  readonly type: MartType
  readonly description: string
  /** One value per partition instead of one per row. */
  readonly static?: true
}

export interface MartTable {
  readonly name: string
  readonly description: string
  readonly partitionKey: readonly string[]
  readonly clusteringKey: readonly { readonly column: string; readonly order: 'asc' | 'desc' }[]
  readonly columns: Readonly<Record<string, MartColumn>>
}

/** One upsert: columns by name and the write time that orders it against others of the same row, µs since the epoch. */
export interface MartRow {
  readonly values: Readonly<Record<string, MartValue>>
  readonly writeTimeMicros: number
}

const text = (description: string): MartColumn => ({ type: 'text', description })
const timestamp = (description: string): MartColumn => ({ type: 'timestamp', description })
const double = (description: string): MartColumn => ({ type: 'double', description })

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

/** Every table of the mart. */
export const martTables = {
  lol_analysis: {
    name: 'lol_analysis',
    description: 'All curated columns of League of Legends actions, by room day, champion and account.',
    partitionKey: ['room_day', 'champion', 'account'],
    clusteringKey: [
      { column: 'datetime', order: 'asc' },
      { column: 'event_id', order: 'asc' },
    ],
    columns: {
      ...eventColumns,
      method: text('/move, /wait or /getItem'),
      ip: text('address of the client'),
      death_count: { type: 'int', description: 'deaths in this match so far' },
      record_id: text("the client's own record id"),
      inputkey: text('key that was pressed'),
      status: { type: 'int', description: '1 while dead' },
      create_room_date: timestamp('start of the match'),
      buy_item: { type: 'int', description: '1 when the method is /getItem' },
      displacement: double("map units since the player's previous move"),
      elapsed_ms: { type: 'bigint', description: "ms since the player's previous move" },
    },
  },
  lol_training: {
    name: 'lol_training',
    description:
      'Features and label for training a detector; the label comes from the truth, one per player and match.',
    partitionKey: ['room_day', 'champion', 'account', 'room_id'],
    clusteringKey: [
      { column: 'datetime', order: 'asc' },
      { column: 'event_id', order: 'asc' },
    ],
    columns: {
      ...eventColumns,
      label: {
        type: 'boolean',
        description: 'true when the player cheats in this match; null until the truth is known',
        static: true,
      },
      cheat: { type: 'text', description: 'kind of cheating', static: true },
    },
  },
  lol_scores_by_player: {
    name: 'lol_scores_by_player',
    description: 'The score of every move, newest first, by player and day.',
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
      warm_up: { type: 'boolean', description: 'true while the player has too little history' },
      late: { type: 'boolean', description: 'true when the move came after the allowed lateness' },
    },
  },
  lol_alerts_by_day: {
    name: 'lol_alerts_by_day',
    description: 'Alerts, newest first, by day.',
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
  },
} as const satisfies Record<string, MartTable>

export type MartTableName = keyof typeof martTables

/** How the records of one topic become rows of one table. */
export interface MartMapping {
  readonly topic: TopicName
  readonly table: MartTableName
  /** The row of a record, or null when this kind of record has none here. */
  readonly toRow: (event: never) => MartRow | null
}

const micros = (isoInstant: string): number => Date.parse(isoInstant) * 1000

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

/** Every way from a topic into the mart. */
export const martMappings: readonly MartMapping[] = [
  {
    topic: 'lol.curated',
    table: 'lol_analysis',
    toRow: (event: LolCurated) => ({
      writeTimeMicros: micros(event.datetime),
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
    }),
  },
  {
    topic: 'lol.curated',
    table: 'lol_training',
    toRow: (event: LolCurated) => ({ writeTimeMicros: micros(event.datetime), values: eventValues(event) }),
  },
  {
    topic: 'lol.truth',
    table: 'lol_training',
    toRow: (truth: LolTruth) =>
      truth.kind !== 'player-match'
        ? null
        : {
            writeTimeMicros: micros(truth.datetime),
            values: {
              room_day: truth.roomDay,
              champion: truth.champion,
              account: truth.account,
              room_id: truth.roomID,
              label: truth.cheater,
              cheat: truth.cheat,
            },
          },
  },
  {
    topic: 'lol.scores',
    table: 'lol_scores_by_player',
    toRow: (score: LolScore) => ({
      writeTimeMicros: micros(score.datetime),
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
    }),
  },
  {
    topic: 'lol.alerts',
    table: 'lol_alerts_by_day',
    toRow: (alert: LolAlert) => ({
      writeTimeMicros: micros(alert.datetime),
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
    }),
  },
]

/** The table of that name; throws with the known names when there is none. */
export function martTable(name: string): MartTable {
  if (Object.hasOwn(martTables, name)) return martTables[name as MartTableName]
  throw new Error(`No mart table "${name}" in the contracts. Known: ${Object.keys(martTables).join(', ')}.`)
}

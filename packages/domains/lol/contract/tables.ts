import { bigint, boolean, defineTable, double, int, noPerson, perPartition, text, timestamp } from '@millrace/contracts'
import { person } from './person.ts'

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

export const analysis = defineTable({
  name: 'lol_analysis',
  description: 'All curated columns of League of Legends actions, by room day, champion and account.',
  purpose: {
    question: 'What did a player do on a champion on a day, action by action?',
    partitionRows: 'the actions of one player on one champion in a day: about 7,000 for an hour of play',
    example: { room_day: '2024-03-24', champion: 'AurelionSol', account: 'testAccount_2' },
  },
  person,
  partitionKey: ['room_day', 'champion', 'account'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
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
    path: text('JSON: way of the pointer to the action, [ms before, dx, dy] of each sample, oldest first'),
  },
})

export const training = defineTable({
  name: 'lol_training',
  description: 'Features and label for training a detector; the label comes from the truth, one per player and match.',
  purpose: {
    question: 'What are the features of a player in a match, and does the player cheat?',
    partitionRows: 'the actions of one player in one match: about 7,000 for an hour of play',
    example: {
      room_day: '2024-03-24',
      champion: 'AurelionSol',
      account: 'testAccount_2',
      room_id: 'a00217c8-741e-47b6-bfdd-c1f4a8428f51',
    },
  },
  person,
  partitionKey: ['room_day', 'champion', 'account', 'room_id'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'room_day',
  columns: {
    ...eventColumns,
    label: perPartition(boolean('true when the player cheats in this match; null until the truth is known')),
    cheat: perPartition(text('kind of cheating')),
  },
})

export const scoresByPlayer = defineTable({
  name: 'lol_scores_by_player',
  description: 'The score of every move, newest first, by player and day.',
  purpose: {
    question: 'How suspicious were the moves of a player on a day?',
    partitionRows: 'the moves of one player in a day: about 7,000 for an hour of play',
    example: { account: 'testAccount_1', day: '2024-03-24' },
  },
  person,
  partitionKey: ['account', 'day'],
  clusteringKey: [
    { column: 'datetime', order: 'desc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
  columns: {
    account: text('player account'),
    day: text('UTC day of the move'),
    datetime: timestamp('event time of the move'),
    event_id: text('id of the score'),
    source_event_id: text('id of the move'),
    room_id: text('match; empty where the client sent none'),
    score: double('0 = ordinary, 1 = certainly not a hand'),
    verdict: text('normal or suspicious'),
    kind: text('kind of cheating that the score speaks for'),
    contributions: text('JSON: features that raised the score, largest first'),
    model_id: text('model that scored'),
    warm_up: boolean('true while the player has too little history'),
    late: boolean('true when the move came after the allowed lateness'),
  },
})

export const alertsByDay = defineTable({
  name: 'lol_alerts_by_day',
  description: 'Alerts, newest first, by day.',
  purpose: {
    question: 'Which players were reported on a day, and why?',
    partitionRows: 'the alerts of a day: one for each player and incident',
    example: { day: '2024-03-24' },
  },
  person,
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'datetime', order: 'desc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
  columns: {
    day: text('UTC day of the alert'),
    datetime: timestamp('event time at which the threshold was crossed'),
    event_id: text('id of the alert'),
    source_event_id: text('id of the move that crossed'),
    account: text('player account'),
    room_id: text('match; empty where the client sent none'),
    score: double('score of the player when the threshold was crossed'),
    kind: text('kind of cheating that the alert speaks for'),
    reason: text('a sentence for a referee'),
    evidence: text('JSON: the moves that led to the alert, oldest first'),
    model_id: text('model that scored'),
  },
})

export const qualityByDay = defineTable({
  name: 'lol_quality',
  description: 'How well each model found each kind of cheating, per five minutes, measured against the truth.',
  purpose: {
    question: 'How well was each kind of cheating found through a day?',
    partitionRows: 'at most 2,592 for each model: 288 windows, 9 kinds',
    example: { day: '2024-03-24' },
  },
  person: noPerson('counts of many players'),
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'window', order: 'desc' },
    { column: 'model_id', order: 'asc' },
    { column: 'kind', order: 'asc' },
  ],
  rowTime: 'window',
  columns: {
    day: text('UTC day'),
    window: timestamp('start of the window of five minutes'),
    model_id: text('model that scored'),
    kind: text('kind of cheating; all: every kind'),
    actions: bigint('scored actions: those of the kind, and those that nobody altered'),
    altered: bigint('of them altered'),
    flagged: bigint('of them called suspicious'),
    hits: bigint('of them altered and called suspicious'),
    precision: double('hits ÷ flagged; null without flagged or without altered actions'),
    recall: double('hits ÷ altered; null without any'),
    average_precision: double('area under the curve of precision and recall; null without altered actions'),
    alerts: bigint('alerts about players who cheat in the kind, and about honest ones'),
    true_alerts: bigint('of them about players who cheat'),
    false_alerts: bigint('of them about honest players'),
    cheaters: bigint('players and matches with the kind that ended in the window'),
    detected: bigint('of them with an alert'),
    median_delay_seconds: double('from the first altered action to the alert, median of the detected'),
    honest_hours: double('hours that honest players played in matches that ended in the window'),
    false_alerts_per_hour: double('false alerts ÷ honest hours; null without any'),
    events: bigint('tallies of the window'),
    revision: bigint('grows with every correction'),
  },
})

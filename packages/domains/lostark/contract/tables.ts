import {
  bigint,
  boolean,
  defineTable,
  double,
  int,
  noPerson,
  perPartition,
  personIn,
  text,
  timestamp,
} from '@millrace/contracts'

/** Key of what a player did in a raid, as the origin partitioned it. */
const partitionKey = ['start_time', 'session_id', 'account'] as const
const clusteringKey = [
  { column: 'datetime', order: 'asc' },
  { column: 'event_id', order: 'asc' },
] as const

const eventColumns = {
  start_time: timestamp('start of the raid'),
  session_id: text('session of the party'),
  account: text('account of the player'),
  datetime: timestamp('event time'),
  event_id: text('id of the event'),
  boss: text('boss, canonical spelling'),
  difficulty: int('difficulty of the raid'),
  class: text('class of the player, canonical spelling'),
  method: text('/move, /wait or /chat'),
  x: double('pointer position, map units'),
  y: double('pointer position, map units'),
  x_plus_y: double('x + y, kept for compatibility'),
  inputkey: text('key that was pressed'),
} as const

const example = {
  start_time: '2024-03-24T11:00:46.354Z',
  session_id: '1a00f91d-35ad-44a0-bb11-177f1180bb7e',
  account: 'testAccount_17',
}

export const analysis = defineTable({
  name: 'lostark_analysis',
  description: 'All curated columns of actions in legion raids, by raid and player.',
  purpose: {
    question: 'What did a player do in a raid, action by action?',
    partitionRows:
      'the actions of one player in one raid: about 5 a minute for at most the time of the boss, so 100 in 20 minutes; no raid is longer than two hours',
    example,
  },
  person: personIn({ account: 'account' }),
  partitionKey,
  clusteringKey,
  rowTime: 'start_time',
  columns: {
    ...eventColumns,
    raid_day: text('UTC day on which the raid began'),
    limit_sec: int('seconds that the raid has'),
    gametime: text('minutes:seconds since the raid began'),
    ip: text('address of the client'),
    status: int('1 from the death of the player on'),
    success: int('1 on the closing records of a raid that succeeded'),
  },
})

export const training = defineTable({
  name: 'lostark_training',
  description:
    'Features and labels of the players of raids; the labels come from the outcome of the raid, one per raid and player.',
  purpose: {
    question: 'What are the features of a player in a raid, did the raid succeed and did the player survive?',
    partitionRows:
      'the actions of one player in one raid: about 5 a minute for at most the time of the boss, so 100 in 20 minutes; no raid is longer than two hours',
    example,
  },
  person: personIn({ account: 'account' }),
  partitionKey,
  clusteringKey,
  rowTime: 'start_time',
  columns: {
    ...eventColumns,
    elapsed_sec: int('seconds since the raid began'),
    remaining_sec: int('seconds until the time is up; below 0 afterwards'),
    raid_state: perPartition(text('running, succeeded or failed; while it is running, there are no labels')),
    success: perPartition(boolean('whether the raid succeeded; null while it is running')),
    survived: perPartition(boolean('whether the player was alive when the time was up; null while it is running')),
  },
})

export const raids = defineTable({
  name: 'lostark_raids',
  description: 'Outcomes of raids, by the day on which they began.',
  purpose: {
    question: 'Which raids began on a day, and how did each one end?',
    partitionRows:
      'the raids of a day: about 110 for each party that plays all day, so 550 for the 5 parties of the scenario; 100,000 raids are about 20 MB',
    example: { day: '2024-03-24' },
  },
  person: noPerson('counts of players'),
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'start_time', order: 'asc' },
    { column: 'session_id', order: 'asc' },
  ],
  rowTime: 'start_time',
  columns: {
    day: text('UTC day on which the raid began'),
    start_time: timestamp('start of the raid'),
    session_id: text('session of the party'),
    boss: text('boss, canonical spelling'),
    difficulty: int('difficulty of the raid'),
    limit_sec: int('seconds that the raid has'),
    state: text('running, succeeded or failed'),
    success: boolean('whether the raid succeeded; false while it is running'),
    members: int('players of the raid'),
    survivors: int('players who are alive'),
    duration_sec: int('seconds until the last death of a raid that failed, else the time of the boss; 0 while running'),
    time_up_by: text('how it is known that the time is up: record or watermark; none where it is not up'),
    revision: bigint('grows with every correction'),
  },
})

export const successDaily = defineTable({
  name: 'lostark_success_daily',
  description: 'Success rates by boss and class, by the day on which raids began.',
  purpose: {
    question: 'How often did the raids of a day succeed, by boss and by class of the players?',
    partitionRows:
      'one for each boss, and for each boss and class: 168 with the 6 bosses and 27 classes of the scenario',
    example: { day: '2024-03-24' },
  },
  person: noPerson('counts of players'),
  partitionKey: ['day'],
  clusteringKey: [
    { column: 'boss', order: 'asc' },
    { column: 'class', order: 'asc' },
  ],
  rowTime: 'day',
  columns: {
    day: text('UTC day on which the raids began'),
    boss: text('boss, canonical spelling'),
    class: text('class of the players, canonical spelling; empty: all classes together'),
    members: bigint('players in raids, those that are running included'),
    players: bigint('players in raids that are decided'),
    successes: bigint('of these, the players of raids that succeeded'),
    survivors: bigint('of these, the players who were alive when the time was up'),
    success_rate: double('successes by players; 0 where no raid is decided'),
    revision: bigint('grows with every correction'),
  },
})

import { defineTopic, instantField, keyField, noPerson, personIn } from '@millrace/contracts'
import { defineLateTopic, definePartialsTopic } from '@millrace/stream/windows'
import {
  lostarkCurated,
  lostarkMember,
  lostarkOutcome,
  lostarkRaw,
  lostarkRawWire,
  lostarkSuccess,
  lostarkTimeMs,
} from './events.ts'

const keyOf = keyField('sessionID')
/** A quiet domain: an event in about twelve seconds and player. */
const partitions = 3

export const raw = defineTopic({
  name: 'lostark.raw',
  schema: lostarkRaw,
  wire: lostarkRawWire,
  keyOf,
  eventTimeMs: lostarkTimeMs,
  timeText: '`startTime` and `gametime`',
  person: personIn({ account: 'User.account' }),
  partitions,
  samples: [
    {
      sessionID: '2ca61813-cdd8-4661-a56c-4165a714fde5',
      startTime: '2024-03-28T00:20:03.006',
      gametime: '0:1',
      success: '0',
      Boss: { difficulty: '10', name: 'Kamen', endTime: '1200' },
      User: { ip: '192.168.0.168', class: 'Demonic', account: 'testAccount_53' },
      method: '/move',
      x: '-121',
      y: '295',
      inputkey: 'space',
      status: '0',
    },
  ],
  why: 'Actions of players in legion raids as accepted by the gateway; keyed by session so that a raid is in one partition, each player in order.',
})

export const curated = defineTopic({
  name: 'lostark.curated',
  schema: lostarkCurated,
  keyOf,
  eventTimeMs: instantField('datetime'),
  partitions,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw actions with the event time as an instant, canonical names of bosses and classes, and derived columns.',
})

const ofRaids = { topic: raw, by: 'aggregator', topology: 'raids', relation: 'aggregate' } as const

export const outcomes = defineTopic({
  name: 'lostark.outcomes',
  schema: lostarkOutcome,
  keyOf,
  eventTimeMs: instantField('startTime'),
  partitions,
  retentionDays: 30,
  person: noPerson('counts of the players of a raid'),
  lake: false,
  derivedFrom: ofRaids,
  why: 'How each raid stands: boss, members, survivors, duration, and whether it succeeded; corrected by late events.',
})

export const members = defineTopic({
  name: 'lostark.members',
  schema: lostarkMember,
  keyOf,
  eventTimeMs: instantField('startTime'),
  partitions,
  person: personIn({ account: 'account' }),
  derivedFrom: ofRaids,
  why: 'How each player of each raid stands: the labels of training sets, and what success rates are counted from.',
})

export const late = defineLateTopic({
  name: 'lostark.late',
  source: raw,
  topology: 'raids',
  of: 'the outcomes of raids',
  person: noPerson('ids of events, which came too late for their raid'),
})

const ofSuccess = { source: members, topology: 'success', of: 'the success rates of lostark.success' }
const person = noPerson('counts of many players')
export const successPartials = definePartialsTopic({ name: 'lostark.success-partials', ...ofSuccess, person })
export const successLate = defineLateTopic({
  name: 'lostark.success-late',
  ...ofSuccess,
  // The id of a member that came too late: <session>@<start of the raid>@<account>:late.
  person: personIn({ account: { path: 'eventId', part: /^[^@]+@[^@]+@(.+?)(?::late)?$/s } }),
})

export const success = defineTopic({
  name: 'lostark.success',
  schema: lostarkSuccess,
  keyOf: keyField('boss'),
  eventTimeMs: instantField('day'),
  partitions,
  lake: false,
  person,
  derivedFrom: { topic: successPartials, by: 'aggregator', topology: 'success', relation: 'aggregate' },
  why: 'Success rates per UTC day by boss, and by boss and class.',
})

import { defineTopic, instantField, keyField } from '@millrace/contracts'
import { lolAlert, lolCurated, lolRaw, lolRawWire, lolScore, lolTruth } from './events.ts'
import { person } from './person.ts'

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')

export const raw = defineTopic({
  name: 'lol.raw',
  schema: lolRaw,
  wire: lolRawWire,
  keyOf,
  eventTimeMs,
  person,
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
    {
      datetime: '2024-03-24T11:25:31.120Z',
      method: '/move',
      ingametime: '0:1',
      ip: '192.168.0.50',
      x: 402,
      y: -318,
      deathCount: 0,
      id: '5d0f8a64-4c9b-4d3e-9a51-6d0c2a7b1e33',
      inputkey: 'q',
      account: 'testAccount_56',
      champion: 'vex',
      status: 0,
      path: [
        [500, -125, -33],
        [437, -121, -30],
        [375, -104, -35],
        [312, -76, -31.5],
        [250, -48, -22],
        [187, -25, -12.5],
        [125, -9, -4],
        [62, -2, -1],
      ],
    },
  ],
  why: 'Actions of players as accepted by the gateway; keyed by account so that one player stays in order.',
})

export const curated = defineTopic({
  name: 'lol.curated',
  schema: lolCurated,
  keyOf,
  eventTimeMs,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw actions with normalised names and derived columns, for analysis and training.',
})

export const scores = defineTopic({
  name: 'lol.scores',
  schema: lolScore,
  keyOf,
  eventTimeMs,
  lake: false,
  derivedFrom: { topic: raw, by: 'anomaly-scorer', relation: 'some' },
  why: 'The score of every move, with its reasons.',
})

export const alerts = defineTopic({
  name: 'lol.alerts',
  schema: lolAlert,
  keyOf,
  eventTimeMs,
  retentionDays: 30,
  lake: false,
  derivedFrom: { topic: raw, by: 'anomaly-scorer', relation: 'some' },
  why: 'Players who crossed the alert threshold, once per incident, with evidence.',
})

export const truth = defineTopic({
  name: 'lol.truth',
  schema: lolTruth,
  keyOf,
  eventTimeMs,
  person,
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

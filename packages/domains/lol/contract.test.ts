import { type MartTable, readWire } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import {
  alertsByDay,
  type LolAlert,
  type LolRaw,
  type LolScore,
  type LolTruth,
  lol,
  lolRaw,
  lolTruth,
  scoresByPlayer,
} from './contract.ts'

const sample = {
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
}
const eventId = '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b11'
const read = (record: Record<string, unknown>) => lolRaw.safeParse(readWire(record, lol.topics.raw.wire))

describe('a League of Legends event', () => {
  it('is read from its published form, strings as numbers', () => {
    const result = read({ ...sample, eventId })
    expect(result.data).toEqual({ ...sample, eventId, x: 277, y: -351, deathCount: 0, status: 0 })
  })

  it('keeps unknown fields', () => {
    expect(read({ ...sample, eventId, mood: { calm: true } }).data).toMatchObject({ mood: { calm: true } })
  })

  it.each([
    ['2024-03-24T20:25:29+09:00', '2024-03-24T11:25:29.000Z'],
    ['2024-03-24T11:25:29', '2024-03-24T11:25:29.000Z'],
    ['2024-03-24T11:25:29.8456789Z', '2024-03-24T11:25:29.845Z'],
    ['2024-03-24t11:25:29.845z', '2024-03-24T11:25:29.845Z'],
    ['2024-03-24 20:25:29+09:00', '2024-03-24T11:25:29.000Z'],
  ])('has its time %s read as the instant %s', (given, instant) => {
    expect(read({ ...sample, eventId, datetime: given }).data?.datetime).toBe(instant)
  })

  it.each([
    ['x', 'two'],
    ['x', ''],
    ['x', '1e400'],
    ['x', Number.POSITIVE_INFINITY],
    ['x', null],
    ['x', true],
    ['status', '2'],
    ['deathCount', -1],
    ['deathCount', '1.5'],
    ['datetime', '24.03.2024'],
    ['datetime', '2024-02-31T00:00:00Z'],
    ['datetime', '2024-02-31T00:00:00.000Z'],
    ['datetime', '2023-02-29T00:00:00.000Z'],
    ['datetime', 1711279529],
    ['method', '/fly'],
    ['account', ''],
    ['ingametime', 'soon'],
    ['eventId', 'one'],
  ])('is refused with %s = %j, naming the field', (field, value) => {
    const result = read({ ...sample, eventId, [field]: value })
    expect(result.error?.issues.map(issue => issue.path)).toEqual([[field]])
  })

  it('may have the way of the pointer to the action, numbers as texts as well', () => {
    const path = [
      [500, -125, 3.5],
      [62, -0.25, 1e21],
    ]
    const asTexts = path.map(point => point.map(String))
    expect(read({ ...sample, eventId, path }).data?.path).toEqual(path)
    expect(read({ ...sample, eventId, path: asTexts }).data?.path).toEqual(path)
    expect(read({ ...sample, eventId }).data).not.toHaveProperty('path')
  })

  it.each<[string, unknown, (string | number)[]]>([
    ['a text', '[[62,1,2]]', []],
    ['an object', { 0: [62, 1, 2] }, []],
    ['null', null, []],
    ['no sample', [], []],
    ['33 samples', Array.from({ length: 33 }, (_, index) => [500 - index, 0, 0]), []],
    ['a sample that is none', [[62, 1, 2], 7], [1]],
    ['a sample of two numbers', [[62, 1]], [0]],
    ['a sample of four numbers', [[62, 1, 2, 3]], [0]],
    ['an empty sample', [[]], [0]],
    ['parts of a ms', [[62.5, 1, 2]], [0, 0]],
    [
      'a time after the action',
      [
        [62, 1, 2],
        [-1, 1, 2],
      ],
      [1, 0],
    ],
    ['a time too long before the action', [[1001, 1, 2]], [0, 0]],
    [
      'two samples of one ms',
      [
        [62, 1, 2],
        [62, 1, 3],
      ],
      [1, 0],
    ],
    [
      'the newest sample first',
      [
        [62, 1, 2],
        [125, 1, 3],
      ],
      [1, 0],
    ],
    ['a null', [[62, 1, null]], [0, 2]],
    ['a text that is no number', [[62, 'left', 2]], [0, 1]],
    ['a number beyond a double', [[62, 1, '1e400']], [0, 2]],
    ['a flag', [[true, 1, 2]], [0, 0]],
  ])('is refused with a path of %s, naming the place', (_, path, place) => {
    expect(read({ ...sample, eventId, path }).error?.issues.map(issue => issue.path)).toEqual([['path', ...place]])
  })

  it('has a path of 8 samples within 1 kB, and of 32 samples with 4 digits each as well', () => {
    const match = { roomID: 'a00217c8-741e-47b6-bfdd-c1f4a8428f51', createRoomDate: sample.datetime }
    const bytesWith = (path: LolRaw['path']): number =>
      JSON.stringify(lolRaw.parse({ ...read({ ...sample, ...match, eventId }).data, path })).length
    expect(bytesWith(lol.topics.raw.route?.samples[1]?.path as LolRaw['path'])).toBeLessThan(1_000)
    const longest = Array.from({ length: 32 }, (_, index): [number, number, number] => [1000 - index, -1234, -1234])
    expect(bytesWith(longest)).toBeLessThan(1_000)
  })

  it('does not take a field from the prototype', () => {
    expect(read(JSON.parse(`{"__proto__":{"eventId":"${eventId}"}}`)).success).toBe(false)
  })
})

const rowOf = (table: MartTable, event: object): object | undefined =>
  lol.mappings.find(mapping => mapping.table === table)!.toRow(event as never)?.values

describe('scores and alerts', () => {
  const about = { sourceEventId: eventId, datetime: sample.datetime, account: sample.account, modelId: 'm-1' }
  const score: LolScore = {
    ...about,
    eventId: `${eventId}:score`,
    score: 0.25,
    verdict: 'normal',
    contributions: [],
    warmUp: false,
    late: false,
  }
  const alert: LolAlert = { ...about, eventId: `${eventId}:alert`, score: 0.9, evidence: [] }
  const reason = '14 of 31 aimed actions ran straight; of people, 2 of 31 do.'

  it('have the kind of cheating and the reason in columns of their own', () => {
    expect(rowOf(scoresByPlayer, lol.topics.scores.schema.parse({ ...score, kind: 'snap' }))).toMatchObject({
      kind: 'snap',
    })
    expect(rowOf(alertsByDay, lol.topics.alerts.schema.parse({ ...alert, kind: 'snap', reason }))).toMatchObject({
      kind: 'snap',
      reason,
    })
  })

  it('of a model that tells no kinds apart have neither', () => {
    expect(rowOf(scoresByPlayer, lol.topics.scores.schema.parse(score))).toMatchObject({ kind: null })
    expect(rowOf(alertsByDay, lol.topics.alerts.schema.parse(alert))).toMatchObject({ kind: null, reason: null })
  })
})

describe('the truth about an altered action', () => {
  const truth: LolTruth = {
    eventId: '0b9c1f86-52a5-4b0e-9c9e-0d5d3a0c8b12',
    datetime: sample.datetime,
    kind: 'action',
    actionId: eventId,
    account: sample.account,
    roomID: 'room_3',
    roomDay: '2024-03-24',
    champion: 'Vex',
    endedAt: sample.datetime,
    cheater: true,
    cheat: 'snap',
    difficulty: 'hard',
  }

  it('names the action, and is no label of player and match', () => {
    expect(lolTruth.parse(truth)).toEqual(truth)
    const rows = lol.mappings
      .filter(({ topic }) => topic === lol.topics.truth)
      .map(({ toRow }) => toRow(truth as never))
    expect(rows).toEqual([null])
  })
})

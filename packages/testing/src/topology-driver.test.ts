import { defineTopic, derivedId, eventId, instant, instantField, keyField } from '@millrace/contracts'
import { createKeyedProcessor, deadLetter, decodeJson, type Topology } from '@millrace/stream'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTopologyDriver } from './topology-driver.ts'

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')
const raw = defineTopic({
  name: 'tutorial.raw',
  schema: z.looseObject({ eventId, datetime: instant, account: z.string(), x: z.number() }),
  keyOf,
  eventTimeMs,
  why: 'Moves of players.',
})
const scores = defineTopic({
  name: 'tutorial.scores',
  schema: z.looseObject({
    eventId: derivedId,
    datetime: instant,
    account: z.string(),
    score: z.number(),
    late: z.boolean(),
  }),
  keyOf,
  eventTimeMs,
  why: 'How suspicious moves are.',
})

const readMove = decodeJson(raw.schema, ['eventId', 'datetime', 'account', 'x'])

/*
 * A topology reads topics and has one processor per partition. This one gives every move of a player a score that grows with
 * the moves before it, so that it shows what state it has.
 */
const scorer: Topology = {
  name: 'tutorial-scorer',
  topics: [raw],
  outputs: [scores],
  createProcessor: () =>
    createKeyedProcessor({
      service: 'tutorial-scorer',
      decode: readMove,
      keyOf: event => event.account,
      eventTimeOf: event => Date.parse(event.datetime),
      idOf: event => event.eventId,
      horizonMs: 600_000,
      allowedLatenessMs: 60_000,
      newState: () => ({ moves: 0 }),
      onRecord(state, event, context) {
        if (event.x > 10_000) return deadLetter('off_the_map', `x is ${event.x}`, { path: '/x' })
        state.moves++
        context.emit(scores, {
          eventId: `${event.eventId}:score`,
          datetime: event.datetime,
          account: event.account,
          score: Math.min(1, state.moves / 100),
          late: context.late,
        })
        return undefined
      },
    }),
}

let count = 0
const move = (account: string, datetime: string, x = 0) => ({
  eventId: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  datetime,
  x,
  account,
})

describe('a topology under the driver', () => {
  it('works off what is piped in, and shows what comes out', async () => {
    await using driver = await createTopologyDriver(scorer)
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:00.000Z'), move('ann', '2025-12-31T23:00:05.000Z'))
    await driver.pipe(raw, move('bob', '2025-12-31T23:00:06.000Z'))

    const read = await driver.read(scores)
    expect(read.filter(({ account }) => account === 'ann').map(({ score }) => score)).toEqual([0.01, 0.02])
    expect(read.filter(({ account }) => account === 'bob').map(({ score }) => score)).toEqual([0.01])
  })

  it('shows records that no step could use as failed events, with their bytes', async () => {
    await using driver = await createTopologyDriver(scorer)
    await driver.pipeBytes('tutorial.raw', 'ann', 'not json')
    await driver.advance(1_000)
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:00.000Z', 99_999))
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:01.000Z'))

    const failed = await driver.failed()
    expect(failed.map(({ code, path, offset }) => ({ code, path, offset }))).toEqual([
      { code: 'not_json', path: null, offset: 0 },
      { code: 'off_the_map', path: '/x', offset: 1 },
    ])
    expect(Buffer.from(failed[0]!.payload, 'base64').toString()).toBe('not json')
    expect(await driver.read(scores)).toHaveLength(1)
  })

  it('moves time only when told, and commits as time passes', async () => {
    await using driver = await createTopologyDriver(scorer)
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:00.000Z'))
    expect([...(await driver.committed('tutorial.raw')).values()]).toEqual([])

    const before = driver.clock.now()
    await driver.advance(1_500)
    expect(driver.clock.now()).toBe(before + 1_500)
    expect([...(await driver.committed('tutorial.raw')).values()].map(({ offset }) => offset)).toEqual([1])
  })

  it('loses its memory in a crash and builds it anew from the log: the next score is as if nothing had happened', async () => {
    await using driver = await createTopologyDriver(scorer)
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:00.000Z'), move('ann', '2025-12-31T23:00:05.000Z'))
    await driver.advance(1_500)
    await driver.crash()
    await driver.restart()
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:10.000Z'))

    expect((await driver.read(scores)).map(({ score }) => score)).toEqual([0.01, 0.02, 0.03])
  })

  it('repeats after a crash what was not committed, with the same ids', async () => {
    await using driver = await createTopologyDriver(scorer)
    await driver.pipe(raw, move('ann', '2025-12-31T23:00:00.000Z'))
    await driver.crash()
    await driver.restart()

    const read = await driver.read(scores)
    expect(read).toHaveLength(2)
    expect(read[1]).toEqual(read[0])
  })

  it('gives partitions away and gets them back without losing count', async () => {
    await using driver = await createTopologyDriver(scorer)
    const accounts = ['ann', 'bob', 'cem', 'dee', 'eva', 'fin', 'gus', 'hal']
    await driver.pipe(raw, ...accounts.map(account => move(account, '2025-12-31T23:00:00.000Z')))
    await driver.advance(1_500)
    await driver.rebalance()
    await driver.pipe(raw, ...accounts.map(account => move(account, '2025-12-31T23:00:09.000Z')))

    for (const account of accounts)
      expect((await driver.read(scores)).filter(s => s.account === account).map(s => s.score)).toEqual([0.01, 0.02])
  })

  it('refuses an event that its contract would refuse', async () => {
    await using driver = await createTopologyDriver(scorer)
    await expect(driver.pipe(raw, move('ann', 'yesterday'))).rejects.toThrow(/Not an event of tutorial.raw.*pipeBytes/)
  })
})

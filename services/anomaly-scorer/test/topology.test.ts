import { type LolRaw, type LolScore, lol } from '@millrace/domains/lol/contract'
import { Registry } from '@millrace/runtime'
import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createAnomalyScorerTopology, loadBuiltInModel } from '../src/index.ts'
import { createVerdictTally } from '../src/metrics.ts'
import artefact from '../src/models/time-aware-rule/time-aware-rule-1.json' with { type: 'json' }
import { crowd, idOf, moveAt, moves } from './moves.ts'

const model = loadBuiltInModel('time-aware-rule-1')
const never = () => false
const always = () => true

async function scored(...events: LolRaw[]) {
  await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model }))
  await driver.pipe(lol.topics.raw, ...events)
  return { scores: await driver.read(lol.topics.scores), alerts: await driver.read(lol.topics.alerts) }
}

describe('anomaly-scorer', () => {
  it('scores every move and nothing else, with ids made of the move', async () => {
    const { scores } = await scored(
      moveAt(1, 0),
      moveAt(2, 9, { method: '/wait' }),
      moveAt(3, 18, { method: '/getItem' }),
      moveAt(4, 27, { account: 'a "strange" 리그\\' }),
    )
    expect(scores.map(({ eventId, sourceEventId, account }) => [eventId, sourceEventId, account])).toEqual(
      expect.arrayContaining([
        [`${idOf(1)}:score`, idOf(1), 'testAccount_56'],
        [`${idOf(4)}:score`, idOf(4), 'a "strange" 리그\\'],
      ]),
    )
    expect(scores).toHaveLength(2)
    expect(scores[0]).toMatchObject({ modelId: model.id, warmUp: true, late: false, verdict: 'normal', score: 0 })
  })

  it('leaves an honest player alone', async () => {
    const { scores, alerts } = await scored(...moves({ first: 1, count: 60, fromSeconds: 0, isFar: never }))
    expect(new Set(scores.map(({ verdict, score }) => `${verdict} ${score}`))).toEqual(new Set(['normal 0']))
    expect(scores.map(({ warmUp }) => warmUp)).toEqual(scores.map((_, n) => n < artefact.history.minMoves - 1))
    expect(alerts).toEqual([])
  })

  it('reports a player once per incident, with the moves that led to it and reasons that add up', async () => {
    const events = [
      ...moves({ first: 1, count: 30, fromSeconds: 0, isFar: never }),
      ...moves({ first: 31, count: 40, fromSeconds: 270, isFar: always }),
    ]
    const { scores, alerts } = await scored(...events)
    expect(alerts).toHaveLength(1)
    const [alert] = alerts
    const crossing = scores.findIndex(({ score }) => score >= artefact.thresholds.alert)
    expect(alert).toMatchObject({
      eventId: `${scores[crossing]!.sourceEventId}:alert`,
      score: scores[crossing]!.score,
      account: 'testAccount_56',
      roomID: 'room-1',
      modelId: model.id,
    })
    const evidence = alert!.evidence
    expect(evidence.map(each => each.datetime)).toEqual(evidence.map(each => each.datetime).sort())
    expect(evidence.at(-1)).toMatchObject({
      sourceEventId: alert!.sourceEventId,
      score: alert!.score,
      feature: 'displacement',
      value: 6000,
    })
    for (const { score, contributions } of scores) {
      const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
      expect(Math.min(sum, 1)).toBeCloseTo(score, 9)
      const sizes = contributions.map(({ contribution }) => contribution)
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    }
  })

  it('begins a new incident after a quiet stretch, and in each match', async () => {
    const gapSeconds = artefact.history.incidentGapMs / 1000
    const events = [
      ...moves({ first: 1, count: 20, fromSeconds: 0, isFar: always }),
      ...moves({ first: 21, count: 70, fromSeconds: 180, isFar: never }),
      ...moves({ first: 100, count: 20, fromSeconds: 810, isFar: always }),
      ...moves({ first: 200, count: 20, fromSeconds: 990, isFar: always }, { roomID: 'room-2' }),
    ]
    const { alerts } = await scored(...events)
    expect(alerts.map(({ roomID }) => roomID)).toEqual(['room-1', 'room-1', 'room-2'])
    expect(Date.parse(alerts[1]!.datetime) - Date.parse(alerts[0]!.datetime)).toBeGreaterThan(gapSeconds * 1000)
  })

  it('does not begin a second incident for a move that comes out of order before the alert', async () => {
    const events = moves({ first: 1, count: 20, fromSeconds: 0, isFar: always })
    const { alerts: inOrder } = await scored(...events)
    const crossing = events.findIndex(({ eventId }) => eventId === inOrder[0]!.sourceEventId)
    const [held] = events.splice(crossing, 1)
    events.splice(crossing + 3, 0, held!)
    const { alerts, scores } = await scored(...events)
    expect(alerts).toHaveLength(1)
    expect(scores.find(({ sourceEventId }) => sourceEventId === held!.eventId)?.score).toBe(inOrder[0]!.score)
  })

  it('judges a move that comes too late by itself, and lets it touch nothing', async () => {
    const events = moves({ first: 1, count: 30, fromSeconds: 0, isFar: n => n % 3 === 0 })
    const late = moveAt(99, 20, { x: 3000, y: 3000 })
    const { scores: without } = await scored(...events)
    const { scores } = await scored(...events.slice(0, 20), late, ...events.slice(20))
    const judged = scores.find(({ sourceEventId }) => sourceEventId === idOf(99))
    expect(judged).toMatchObject({ late: true, warmUp: true, verdict: 'normal', score: 0 })
    expect(scores.filter(score => score !== judged)).toEqual(without)
  })

  it.each(['1970-01-01T00:00:00.000Z', '2190-01-01T00:00:00.000Z'])(
    'is not thrown off by an event of %s',
    async datetime => {
      const events = moves({ first: 1, count: 30, fromSeconds: 0, isFar: n => n % 3 === 0 })
      const { scores: without, alerts: alertsWithout } = await scored(...events)
      const { scores, alerts } = await scored(
        ...events.slice(0, 10),
        moveAt(99, 90, { datetime, x: 3000 }),
        ...events.slice(10),
      )
      expect(scores).toHaveLength(31)
      expect(scores.filter(({ sourceEventId }) => sourceEventId !== idOf(99))).toEqual(without)
      expect(alerts).toEqual(alertsWithout)
    },
  )

  it('scores an event once however often it comes', async () => {
    const events = moves({ first: 1, count: 20, fromSeconds: 0, isFar: n => n % 4 === 0 })
    const { scores: once } = await scored(...events)
    const { scores } = await scored(...events.flatMap((event, n) => (n % 2 ? [event, events[n - 1]!, event] : [event])))
    expect(scores).toEqual(once)
  })

  it('looks at no champion, account or label', async () => {
    const events = moves({ first: 1, count: 30, fromSeconds: 0, isFar: n => n % 3 === 0 })
    const strip = ({ scores }: Awaited<ReturnType<typeof scored>>) => scores.map(({ account: _, ...rest }) => rest)
    const disguised = events.map(event => ({
      ...event,
      account: 'viktor',
      champion: 'Viktor',
      label: true,
      cheater: true,
    }))
    expect(strip(await scored(...disguised))).toEqual(strip(await scored(...events)))
  })

  it.each([true, false])(
    'counts verdicts as it publishes them, and none twice after a crash (scores published: %s)',
    async publishScores => {
      const events = crowd({ seed: 3, players: 5, durationMs: 1_200_000, isBadLine: false })
      const { scores } = await scored(...events)
      const registry = new Registry()
      const tally = createVerdictTally(registry, model)
      await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model, publishScores, tally }))
      await driver.pipe(lol.topics.raw, ...events)
      await driver.advance(10_000)
      await driver.crash()
      await driver.restart()
      const count = (fits: (score: LolScore) => boolean) => scores.filter(fits).length
      expect(tally).toEqual({
        normal: count(({ verdict, warmUp }) => verdict === 'normal' && !warmUp),
        suspicious: count(({ verdict }) => verdict === 'suspicious'),
        warmUp: count(({ warmUp }) => warmUp),
      })
      expect(tally.suspicious).toBeGreaterThan(0)
      expect(await registry.metrics()).toContain(`verdicts_total{verdict="suspicious"} ${tally.suspicious}\n`)
      expect(await registry.metrics()).toContain(`verdicts_total{verdict="suspicious"} ${tally.suspicious}\n`)
    },
  )

  it('publishes alerts only where told so, the same ones', async () => {
    const events = crowd({ seed: 3, players: 5, durationMs: 1_200_000, isBadLine: false })
    const { alerts } = await scored(...events)
    await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model, publishScores: false }))
    await driver.pipe(lol.topics.raw, ...events)
    expect(await driver.read(lol.topics.scores)).toEqual([])
    expect(await driver.read(lol.topics.alerts)).toEqual(alerts)
    expect(alerts.length).toBeGreaterThan(0)
  })

  it.each([
    ['not JSON', '{"eventId":', 'not_json', null],
    ['no object', 'null', 'not_an_object', null],
    ['a number as text', JSON.stringify({ ...moveAt(1, 0), x: '277' }), 'wrong_field', '/x'],
    ['no instant', JSON.stringify({ ...moveAt(1, 0), datetime: 'now' }), 'wrong_field', '/datetime'],
  ])('puts a record aside that is poison (%s), and goes on', async (_, payload, code, path) => {
    await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model }))
    await driver.pipeBytes('lol.raw', 'testAccount_56', payload)
    await driver.pipe(lol.topics.raw, moveAt(2, 9))
    expect((await driver.read(lol.topics.scores)).map(({ sourceEventId }) => sourceEventId)).toEqual([idOf(2)])
    expect(await driver.failed()).toMatchObject([
      { service: 'anomaly-scorer', stage: 'process', code, path, payload: Buffer.from(payload).toString('base64') },
    ])
  })

  it('gives the same scores and alerts after crashes and rebalances as without', async () => {
    const events = crowd({ seed: 7, players: 10, durationMs: 3_600_000, isBadLine: true })
    const run = async (disturb: boolean) => {
      await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model }), {
        runner: { pollMs: 5000 },
      })
      for (let n = 0; n < events.length; n += 150) {
        await driver.pipe(lol.topics.raw, ...events.slice(n, n + 150))
        if (n % 450 === 0) await driver.advance(60_000)
        if (!disturb) continue
        if (n % 600 === 0) {
          await driver.crash()
          await driver.restart()
        } else if (n % 750 === 0) await driver.rebalance()
      }
      const published = new Map<string, string>()
      for (const topic of ['lol.scores', 'lol.alerts'] as const)
        for (const { value } of await driver.records(topic)) {
          const text = value.toString()
          const { eventId } = JSON.parse(text)
          expect(published.get(eventId) ?? text).toBe(text)
          published.set(eventId, text)
        }
      return published
    }
    const undisturbed = await run(false)
    expect(await run(true)).toEqual(undisturbed)
    expect([...undisturbed.keys()].filter(id => id.endsWith(':alert')).length).toBeGreaterThan(0)
  })
})

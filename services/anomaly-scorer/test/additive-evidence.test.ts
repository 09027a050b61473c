import type { LolAlert, LolRaw, LolScore } from '@millrace/domains/lol/contract'
import { lol, lolAlert, lolScore } from '@millrace/domains/lol/contract'
import { jumpElsewhere, snapApproach } from '@millrace/domains/lol/simulate/cheats'
import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createAnomalyScorerTopology, loadBuiltInModel } from '../src/index.ts'
import { play } from './hands.ts'
import { idOf, moveAt, randomFrom } from './moves.ts'

const model = loadBuiltInModel('additive-evidence-1')
const ACTIONS = 400

async function scored(events: readonly LolRaw[]): Promise<{ scores: LolScore[]; alerts: LolAlert[] }> {
  await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model }))
  await driver.pipe(lol.topics.raw, ...events)
  return { scores: await driver.read(lol.topics.scores), alerts: await driver.read(lol.topics.alerts) }
}

/** Every fourth action, as a share of what a player does. */
const every =
  (n: number, from = 0) =>
  (index: number) =>
    index >= from && index % n === 0
const snapping = (is: (n: number) => boolean, fields: Partial<Parameters<typeof play>[0]> = {}) =>
  play({ seed: 2, actions: ACTIONS, alter: (path, n) => (is(n) ? snapApproach(path, 0.9) : path), ...fields })

describe('the additive model', () => {
  it('leaves a hand alone', async () => {
    const { scores, alerts } = await scored(play({ seed: 1, actions: ACTIONS }))
    expect(alerts).toEqual([])
    expect(scores.filter(({ verdict }) => verdict === 'suspicious')).toEqual([])
    for (const score of scores) lolScore.parse(score)
  })

  it('reports a player who snaps once, with a reason and the actions that carried it', async () => {
    const { scores, alerts } = await scored(snapping(every(4)))
    expect(alerts).toHaveLength(1)
    const alert = lolAlert.parse(alerts[0])
    expect(alert).toMatchObject({ kind: 'snap', modelId: 'additive-evidence-1', account: 'testAccount_56' })
    expect(alert.reason).toMatch(/^\d+ of \d+ aimed actions ran straight .*; of people's, .* of \d+ do$/)
    const numbers = alert.evidence.map(({ sourceEventId }) => Number(sourceEventId.slice(-12)) - 1)
    expect(numbers.length).toBeGreaterThan(3)
    expect(numbers.length).toBeLessThanOrEqual(10)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(numbers.filter(every(4)).length).toBeGreaterThan(0.8 * numbers.length)
    const meanOf = (is: boolean) => {
      const own = scores.filter(
        ({ kind, sourceEventId }) => kind === 'snap' && every(4)(Number(sourceEventId.slice(-12)) - 1) === is,
      )
      return own.reduce((sum, { score }) => sum + score, 0) / own.length
    }
    expect(meanOf(true)).toBeGreaterThan(2 * meanOf(false))
  })

  it('reports a player whose pointer jumps', async () => {
    const random = randomFrom(3)
    const { alerts } = await scored(
      play({
        seed: 4,
        actions: ACTIONS,
        alter: (path, n) => (n % 4 === 0 ? jumpElsewhere(path, 400 * random() + 200, 300) : path),
      }),
    )
    expect(alerts.map(({ kind }) => kind)).toEqual(['jump'])
  })

  it.each([0.4, 2.5, 1e-6, 1e9])('says the same in units of %d', async scale => {
    const strip = ({ scores }: { scores: LolScore[] }) =>
      scores.map(({ score, verdict, kind }) => [score, verdict, kind])
    expect(strip(await scored(snapping(every(4), { scale })))).toEqual(strip(await scored(snapping(every(4)))))
  })

  it('takes no evidence out of nothing: no path, a thin one, a constant one, one at the limit of numbers', async () => {
    const events = snapping(() => true)
    const { path: _, ...bare } = events[0]!
    const paths: (LolRaw['path'] | undefined)[] = [
      undefined,
      events[0]!.path!.filter((_, n) => n % 2 === 0),
      events[0]!.path!.map(([ms]) => [ms, 0, 0]),
      events[0]!.path!.map(([ms], n) => [ms, n % 2 ? Number.MAX_VALUE : -Number.MAX_VALUE, 0]),
    ]
    for (const path of paths) {
      const { scores, alerts } = await scored(
        events.map(({ eventId, datetime }) => ({ ...bare, eventId, datetime, ...(path && { path }) })),
      )
      expect(scores.map(({ score, kind }) => [score, kind])).toEqual(events.map(() => [0, null]))
      expect(alerts).toEqual([])
    }
  })

  it('knows an interpolated recording by its corners, and does not take a player who always snaps for one', async () => {
    const interpolated = play({ seed: 5, actions: ACTIONS }).map(event => ({
      ...event,
      path: event.path!.flatMap(([ms, x, y], n) => {
        const [nextMs, nextX, nextY] = event.path![n + 1] ?? [0, 0, 0]
        return [0, 1 / 3, 2 / 3].map((u): [number, number, number] => [
          Math.round(ms + u * (nextMs - ms)),
          x + u * (nextX - x),
          y + u * (nextY - y),
        ])
      }),
    }))
    const approaches = new Map<string, number>()
    const topology = createAnomalyScorerTopology({
      model,
      onJudgement: (_, { detail }) => approaches.set(detail!.approach, (approaches.get(detail!.approach) ?? 0) + 1),
    })
    await using driver = await createTopologyDriver(topology)
    await driver.pipe(lol.topics.raw, ...interpolated)
    expect(approaches.get('interpolated')).toBeGreaterThan(0.8 * ACTIONS)
    const { alerts } = await scored(snapping(() => true))
    expect(alerts.map(({ kind }) => kind)).toContain('snap')
  })

  it('reports an incident once that goes on over the end of a segment', async () => {
    const { alerts } = await scored(snapping(every(4), { fromSeconds: 800 }))
    expect(alerts).toHaveLength(1)
    expect(Date.parse(alerts[0]!.datetime)).toBeLessThan(Date.parse(moveAt(1, 900).datetime))
  })

  it('begins a new incident in each match', async () => {
    const second = { first: 1000, fromSeconds: 600, fields: { roomID: 'room-2' } }
    const { alerts } = await scored([...snapping(every(4)), ...snapping(every(4), second)])
    expect(alerts.map(({ roomID }) => roomID)).toEqual(['room-1', 'room-2'])
  })

  it('bears events late by a minute, clocks that jump back and two events in one millisecond', async () => {
    const events = play({ seed: 6, actions: ACTIONS })
    const shuffled = events.map((event, n) => {
      if (n % 50 === 7) return { ...event, datetime: new Date(Date.parse(event.datetime) - 60_000).toISOString() }
      if (n % 50 === 9) return { ...event, datetime: events[n - 1]!.datetime }
      if (n % 50 === 11) return { ...event, ingametime: '0:0' }
      return event
    })
    const { scores, alerts } = await scored([...shuffled, moveAt(5000, -3600, { ingametime: '0:0' })])
    expect(alerts).toEqual([])
    expect(scores).toHaveLength(ACTIONS + 1)
  })

  it.each<[string, unknown, string]>([
    ['no list', { x: 1 }, '/path'],
    ['an empty list', [], '/path'],
    ['a sample of two numbers', [[100, 1]], '/path/0'],
    [
      'a text',
      [
        [100, 1, 1],
        [50, '1', 1],
      ],
      '/path/1/1',
    ],
    [
      'times that rise',
      [
        [50, 1, 1],
        [100, 1, 1],
      ],
      '/path/1/0',
    ],
  ])('refuses a path that is %s, and says where', async (_, path, at) => {
    await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model }))
    await driver.pipeBytes('lol.raw', 'testAccount_56', JSON.stringify({ ...moveAt(1, 0), path }))
    expect(await driver.failed()).toMatchObject([{ code: 'wrong_field', path: at }])
    expect(await driver.read(lol.topics.scores)).toEqual([])
  })

  it('needs a few moves for a verdict', async () => {
    const { scores } = await scored(snapping(() => true).slice(0, 3))
    expect(scores.map(({ warmUp, verdict }) => [warmUp, verdict])).toEqual([1, 2, 3].map(() => [true, 'normal']))
    expect(scores[0]!.sourceEventId).toBe(idOf(1))
  })
})

describe('a kind without aim', () => {
  const stream = (gaps: readonly number[], fields: (n: number, seconds: number) => Partial<LolRaw> = () => ({})) => {
    let seconds = 0
    return gaps.map((gapMs, n) => {
      seconds += gapMs / 1000
      return moveAt(n + 1, seconds, { inputkey: 'none', ...fields(n, seconds) })
    })
  }
  const random = randomFrom(12)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const hand = (count: number) => Array.from({ length: count }, () => 150 + 900 * random())
  /** Twenty presses with gaps of 220 ms, between what a hand does. */
  const runs = (count: number, spread: number) =>
    Array.from({ length: count }, () => [
      ...hand(12),
      ...Array.from({ length: 20 }, () => 220 * (1 + spread * normal())),
    ]).flat()

  it('macro: finds even runs and leaves uneven ones alone', async () => {
    const { alerts } = await scored(stream(runs(25, 0.04)))
    expect(alerts[0]).toMatchObject({ kind: 'macro' })
    expect(Date.parse(alerts[0]!.datetime) - Date.parse(moveAt(1, 0).datetime)).toBeLessThan(300_000)
    expect((await scored(stream(runs(25, 0.12)))).alerts).toEqual([])
  })

  it('macro: finds the key that a program presses between the clicks of a hand', async () => {
    const [clicks, presses] = [hand(500), Array.from({ length: 600 }, () => 400 * (1 + 0.04 * normal()))]
    const timesOf = (gaps: readonly number[]) => gaps.map((_, n) => gaps.slice(0, n + 1).reduce((a, b) => a + b, 0))
    const both = [
      ...timesOf(clicks).map(atMs => ({ atMs, inputkey: 'none' })),
      ...timesOf(presses).map(atMs => ({ atMs, inputkey: 'q' })),
    ].sort((a, b) => a.atMs - b.atMs)
    const { alerts } = await scored(both.map(({ atMs, inputkey }, n) => moveAt(n + 1, atMs / 1000, { inputkey })))
    expect(alerts.map(({ kind }) => kind)).toContain('macro')
    expect((await scored(stream(clicks))).alerts).toEqual([])
  })

  it('rate: counts clicks, not keys', async () => {
    const gaps = Array.from({ length: 300 }, () => 60 + 102 * random())
    const kinds = async (inputkey: string) =>
      (await scored(stream(gaps, n => ({ inputkey: n % 2 === 0 ? inputkey : 'w' })))).alerts.map(({ kind }) => kind)
    expect(await kinds('none')).not.toContain('rate')
    expect(await kinds('q')).not.toContain('rate')
  })

  it('macro: is not misled by a clock of frames', async () => {
    const framed = runs(25, 0.1).map(gapMs => Math.round(gapMs / 62.5) * 62.5)
    expect((await scored(stream(framed))).alerts).toEqual([])
  })

  it('macro and rate: leave a key that is held alone', async () => {
    const held = Array.from({ length: 40 }, () => [
      ...hand(6),
      ...Array.from({ length: 60 }, () => 31 + random()),
    ]).flat()
    expect((await scored(stream(held, () => ({ inputkey: 'q' })))).alerts).toEqual([])
  })

  it('rate: finds nine actions a second within 20 s, and leaves the fastest of people alone', async () => {
    const { alerts } = await scored(stream([...hand(60), ...Array.from({ length: 300 }, () => 60 + 102 * random())]))
    const start = (60 * 600) / 1000
    expect(alerts.map(({ kind }) => kind)).toContain('rate')
    const [rate] = alerts.filter(({ kind }) => kind === 'rate')
    expect((Date.parse(rate!.datetime) - Date.parse(moveAt(1, 0).datetime)) / 1000).toBeLessThan(start + 24)
    expect((await scored(stream(Array.from({ length: 400 }, () => 90 + 160 * random())))).alerts).toEqual([])
  })

  it('clock: finds a game that runs too fast; a pause, a jump and a lag are none', async () => {
    const gameTime = (seconds: number) => `${Math.floor(seconds / 60)}:${Math.floor(seconds) % 60}`
    const gaps = hand(1200)
    const { alerts } = await scored(stream(gaps, (_, seconds) => ({ ingametime: gameTime(1.2 * seconds) })))
    expect(alerts.map(({ kind }) => kind)).toEqual(['clock'])
    const others: ((seconds: number) => number)[] = [
      seconds => seconds,
      seconds => (seconds < 100 ? seconds : Math.max(100, seconds - 200)),
      seconds => (seconds % 120 < 60 ? seconds : seconds - 30),
    ]
    for (const clock of others)
      expect((await scored(stream(gaps, (_, seconds) => ({ ingametime: gameTime(clock(seconds)) })))).alerts).toEqual(
        [],
      )
  })
})

describe('the features of the additive model', () => {
  it('have a reference that adds up to one, and are counted as they are judged', async () => {
    const own = loadBuiltInModel('additive-evidence-1')
    for (const { feature, counts, reference } of own.features) {
      expect(counts.length, feature).toBe(reference.length)
      expect(
        reference.reduce((sum, share) => sum + share, 0),
        feature,
      ).toBeCloseTo(1, 3)
    }
    await using driver = await createTopologyDriver(createAnomalyScorerTopology({ model: own }))
    await driver.pipe(lol.topics.raw, ...play({ seed: 9, actions: 60 }))
    const straightness = own.features.find(({ feature }) => feature === 'straightness')!
    expect([...Array.from(straightness.counts)].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(40)
  })
})

import { type LolAlert, type LolScore, type LolTruth, lol } from '@millrace/domains/lol/contract'
import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createDetectorEvaluatorTopologies } from '../src/index.ts'
import { alertAt, scoreAt, truthAt } from './records.ts'

const { scores, alerts, truth, evaluationInputs, evaluationTallies } = lol.topics
const tallies = () => createDetectorEvaluatorTopologies({ truthLatenessMs: 60_000 })[0]!

type Sent = { readonly scores: LolScore[] } | { readonly alerts: LolAlert[] } | { readonly truth: LolTruth[] }

async function send(driver: TopologyDriver, ...all: readonly Sent[]): Promise<void> {
  for (const each of all) {
    if ('scores' in each) await driver.pipe(scores, ...each.scores)
    else if ('alerts' in each) await driver.pipe(alerts, ...each.alerts)
    else await driver.pipe(truth, ...each.truth)
  }
}

/** What was counted in all, of distinct tallies. */
async function countsOf(driver: TopologyDriver): Promise<Record<string, number>> {
  const found = new Map((await driver.read(evaluationTallies)).map(tally => [tally.eventId, tally.counts]))
  const sum: Record<string, number> = {}
  for (const counts of found.values())
    for (const [path, count] of Object.entries(counts)) sum[path] = (sum[path] ?? 0) + count
  return sum
}

async function counted(...all: readonly Sent[]): Promise<Record<string, number>> {
  await using driver = await createTopologyDriver(tallies())
  await send(driver, ...all)
  expect(await driver.failed()).toEqual([])
  return countsOf(driver)
}

const altered: Sent = { truth: [truthAt({ action: 1 }, 10, 'jump')] }
const score: Sent = { scores: [scoreAt(1, 10, { score: 0.93, verdict: 'suspicious' })] }
const hasEnded: Sent = { truth: [truthAt({ match: 1 }, 600, 'jump')] }
const hasEndedHonest: Sent = { truth: [truthAt({ match: 1 }, 600, null)] }

describe('a scored action', () => {
  it('is altered where its label says so, whichever of them comes first', async () => {
    const expected = { 'score/jump/46': 1, 'flagged/jump': 1, 'match/jump': 1 }
    expect(await counted(score, altered, hasEnded)).toEqual(expected)
    expect(await counted(altered, score, hasEnded)).toEqual(expected)
    expect(await counted(altered, hasEnded, score)).toEqual(expected)
  })

  it('is honest without a label, once no label is waited for', async () => {
    const waits = await counted(score, { scores: [scoreAt(2, 99)] })
    expect(waits).toEqual({})
    expect(await counted(score, { scores: [scoreAt(2, 101)] })).toEqual({ 'score/honest/46': 1, 'flagged/honest': 1 })
    expect(await counted(score, hasEndedHonest)).toMatchObject({ 'score/honest/46': 1 })
  })

  it('takes a label until then, and none afterwards', async () => {
    const later = (seconds: number): Sent => ({ scores: [scoreAt(2, seconds)] })
    expect(await counted(score, later(99), altered, later(140))).toMatchObject({ 'score/jump/46': 1 })
    const tooLate = await counted(score, later(101), altered, hasEnded)
    expect(tooLate).toMatchObject({ 'score/honest/46': 1 })
    expect(tooLate).not.toHaveProperty('score/jump/46')
  })

  it('is counted though one before it has a clock that is ahead', async () => {
    const ahead: Sent = { scores: [scoreAt(2, 3_600)] }
    expect(await counted(ahead, score, { scores: [scoreAt(3, 11)] })).toMatchObject({ 'score/honest/46': 1 })
  })

  it('is other where nobody knows the kind', async () => {
    const unknown: Sent = { truth: [truthAt({ action: 1 }, 10, 'sorcery')] }
    expect(await counted(score, unknown, hasEnded)).toMatchObject({ 'score/other/46': 1 })
  })
})

describe('an alert', () => {
  const alert: Sent = { alerts: [alertAt(3, 40)] }

  it('is true after an altered action, before the match has ended', async () => {
    expect(await counted(altered, alert)).toEqual({ 'alert/true/jump': 1 })
    expect(await counted(alert, altered)).toEqual({ 'alert/true/jump': 1 })
  })

  it('is not true because of what came after it', async () => {
    expect(await counted({ alerts: [alertAt(3, 5)] }, altered)).toEqual({})
  })

  it('is false about an honest player, under the kind that it names', async () => {
    expect(await counted(alert)).toEqual({})
    expect(await counted(alert, hasEndedHonest)).toMatchObject({ 'alert/false/honest': 1, 'match/honest': 1 })
    const named: Sent = { alerts: [alertAt(3, 40, { kind: 'snap' })] }
    expect(await counted(named, hasEndedHonest)).toMatchObject({ 'alert/false/snap': 1 })
  })

  it('is not counted where the truth never comes', async () => {
    const muchLater: Sent = { scores: [scoreAt(9, 4_600, { roomID: 'room-2' })] }
    expect(await counted(alert, muchLater)).toEqual({})
  })
})

describe('a match', () => {
  it('is detected by its first true alert, counted from the first altered action', async () => {
    const more: Sent = { alerts: [alertAt(3, 40), alertAt(4, 400)] }
    const counts = await counted(altered, more, hasEnded)
    expect(counts).toEqual({ 'alert/true/jump': 2, 'match/jump': 1, 'detected/jump': 1, 'delay/jump/35': 1 })
    expect(1.1 ** 35).toBeLessThan(30)
    expect(1.1 ** 36).toBeGreaterThan(30)
  })

  it('is detected by an alert that comes after its end was told', async () => {
    expect(await counted(altered, hasEnded, { alerts: [alertAt(3, 40)] })).toEqual(
      await counted(altered, { alerts: [alertAt(3, 40)] }, hasEnded),
    )
  })

  it('of a player whose actions have no labels counts from its start', async () => {
    const irregular: Sent = { truth: [truthAt({ match: 1 }, 600, 'irregular-moves')] }
    expect(await counted({ alerts: [alertAt(3, 40)] }, irregular)).toEqual({
      ...{ 'alert/true/irregular-moves': 1, 'match/irregular-moves': 1 },
      ...{ 'detected/irregular-moves': 1, 'delay/irregular-moves/38': 1 },
    })
  })

  it('of an honest player counts the time', async () => {
    expect(await counted(hasEndedHonest)).toEqual({ 'match/honest': 1, played: 600 })
  })

  it('knows its own actions only', async () => {
    const elsewhere: Sent = { truth: [truthAt({ match: 2 }, 600, null, { roomID: 'room-2' })] }
    expect(await counted(altered, { alerts: [alertAt(3, 40, { roomID: 'room-2' })] }, elsewhere)).toMatchObject({
      'alert/false/honest': 1,
    })
  })
})

it('counts nothing twice after a crash', async () => {
  await using driver = await createTopologyDriver(tallies())
  await send(driver, altered, score)
  await driver.crash()
  await driver.restart()
  await send(driver, { alerts: [alertAt(3, 40)] })
  await driver.crash()
  await driver.restart()
  await send(driver, hasEnded)
  expect(await countsOf(driver)).toEqual({
    ...{ 'score/jump/46': 1, 'flagged/jump': 1 },
    ...{ 'alert/true/jump': 1, 'match/jump': 1, 'detected/jump': 1, 'delay/jump/35': 1 },
  })
})

it('takes what was published twice once', async () => {
  await using driver = await createTopologyDriver(tallies())
  await send(driver, score, altered)
  const twice = await driver.records(evaluationInputs.name)
  for (const { key, value } of twice) await driver.pipeBytes(evaluationInputs.name, key.toString(), value)
  await send(driver, hasEnded)
  expect(await countsOf(driver)).toMatchObject({ 'score/jump/46': 1, 'flagged/jump': 1, 'match/jump': 1 })
})

it('gives up records that it cannot read, with the place of the fault', async () => {
  await using driver = await createTopologyDriver(tallies())
  await driver.pipeBytes(scores.name, 'player-1', '{"account":"player-1"}')
  await driver.pipeBytes(
    evaluationInputs.name,
    'player-1',
    JSON.stringify({
      account: 'a',
      datetime: '2024-03-24T12:00:00.000Z',
      scores: [{ offset: -1 }],
      alerts: [],
      labels: [],
    }),
  )
  await send(driver, score, hasEndedHonest)
  expect((await driver.failed()).map(({ topic, path }) => `${topic} ${path}`).sort()).toEqual([
    'lol.evaluation-inputs /scores/0/offset',
    'lol.scores /sourceEventId',
  ])
  expect(await countsOf(driver)).toMatchObject({ 'score/honest/46': 1 })
})

import { type EvaluationTally, lol, type Quality } from '@millrace/domains/lol/contract'
import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { createDetectorEvaluatorTopologies } from '../src/index.ts'
import { idOf, MODEL } from './records.ts'

const { evaluationTallies, qualities } = lol.topics
const quality = () => createDetectorEvaluatorTopologies()[1]!
let number = 0
const tally = (counts: Record<string, number>, more: Partial<EvaluationTally> = {}): EvaluationTally => ({
  eventId: `${idOf(number++)}:actions`,
  datetime: '2024-03-24T12:01:00.000Z',
  account: `player-${number}`,
  modelId: MODEL,
  counts,
  ...more,
})

async function qualityOf(...tallies: EvaluationTally[]): Promise<(kind: Quality['kind'], model?: string) => Quality> {
  await using driver = await createTopologyDriver(quality())
  await driver.pipe(evaluationTallies, ...tallies)
  await driver.advance(4_000)
  const newest = new Map(
    (await driver.read(qualities)).map(row => [`${row.window} ${row.modelId} ${row.kind}`, row] as const),
  )
  return (kind, model = MODEL) => newest.get(`2024-03-24T12:00:00.000Z ${model} ${kind}`)!
}

it('states precision, recall and average precision of each kind beside the same honest actions', async () => {
  // Falling scores: altered, honest, altered, altered, honest, of which the first three are flagged.
  const of = await qualityOf(
    tally({ 'score/jump/49': 1, 'flagged/jump': 1 }),
    tally({ 'score/honest/40': 1, 'flagged/honest': 1 }),
    tally({ 'score/jump/30': 1, 'flagged/jump': 1 }),
    tally({ 'score/jump/20': 1, 'score/snap/20': 2 }),
    tally({ 'score/honest/0': 1 }),
  )
  const jump = { actions: 5, altered: 3, flagged: 3, hits: 2, precision: 2 / 3, recall: 2 / 3, events: 5 }
  expect(of('jump')).toMatchObject(jump)
  // What scikit-learn's average_precision_score says of these five.
  expect(of('jump').averagePrecision).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12)
  expect(of('snap')).toMatchObject({ actions: 4, altered: 2, flagged: 1, hits: 0, precision: 0, recall: 0 })
  expect(of('snap').averagePrecision).toBeCloseTo(2 / 3, 12)
  expect(of('all')).toMatchObject({ actions: 7, altered: 5, flagged: 3, hits: 2 })
  expect(of('macro')).toMatchObject({ actions: 2, altered: 0, recall: null, averagePrecision: null, precision: null })
})

it('states alerts, players, delays and false alarms', async () => {
  const of = await qualityOf(
    tally({ 'alert/true/jump': 2, 'alert/false/jump': 1, 'alert/false/honest': 1 }),
    tally({ 'match/jump': 3, 'detected/jump': 2, 'delay/jump/10': 1, 'delay/jump/20': 1 }),
    tally({ 'match/snap': 1, 'detected/snap': 1, 'delay/snap/30': 1 }),
    tally({ 'match/honest': 2, played: 7200 }),
  )
  expect(of('jump')).toMatchObject({ alerts: 3, trueAlerts: 2, falseAlerts: 1, cheaters: 3, detected: 2 })
  expect(of('jump')).toMatchObject({ honestHours: 2, falseAlertsPerHour: 0.5 })
  expect(of('jump').medianDelaySeconds).toBeCloseTo(1.1 ** 10.5, 1)
  expect(of('all')).toMatchObject({ alerts: 4, falseAlerts: 2, cheaters: 4, detected: 3, falseAlertsPerHour: 1 })
  expect(of('all').medianDelaySeconds).toBeCloseTo(1.1 ** 20.5, 1)
  expect(of('rate')).toMatchObject({ alerts: 0, cheaters: 0, medianDelaySeconds: null, falseAlertsPerHour: 0 })
})

it('keeps models and windows apart, and counts a tally once', async () => {
  const once = tally({ 'score/honest/0': 1 })
  const of = await qualityOf(
    once,
    once,
    tally({ 'score/honest/1': 5 }, { modelId: 'model-2' }),
    tally({ 'score/honest/1': 7 }, { datetime: '2024-03-24T12:05:00.000Z' }),
  )
  expect(of('all')).toMatchObject({ actions: 1, events: 1 })
  expect(of('all', 'model-2')).toMatchObject({ actions: 5 })
})

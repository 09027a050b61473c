import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LolAlert, lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { fitModel } from '../scripts/fit-model.ts'
import { chooseThreshold, fitWeights, quantile } from '../scripts/fit-statistics.ts'
import { type LabelledRun, readRuns, recordOf } from '../scripts/labelled-moves.ts'
import { createAnomalyScorerTopology } from '../src/index.ts'
import { readModel } from '../src/models/load-model.ts'
import type { Model } from '../src/models/model.ts'
import { crowd } from './moves.ts'

const scored = (...pairs: [score: number, positive: boolean][]) =>
  pairs.map(([score, positive]) => ({ score, positive }))

const runOf = (seed: number): LabelledRun => ({
  records: crowd({ seed, players: 20, durationMs: 2_400_000, isBadLine: false }).map((event, offset) =>
    recordOf(JSON.stringify(event), offset),
  ),
  isCheater: account => Number(account.slice('player-'.length)) % 5 === 0,
})

/** Players of a run whom the scorer reports. */
async function reported({ records }: LabelledRun, model: Model): Promise<string[]> {
  const processor = createAnomalyScorerTopology({ model, publishScores: false }).createProcessor(lol.topics.raw, 0)
  const end = records.length
  await processor.open({ topic: lol.topics.raw.name, partition: 0, epoch: 1, committed: null, earliest: 0, end })
  const { emits } = await processor.process(records)
  return [...new Set(emits.map(({ value }) => (JSON.parse(value.toString()) as LolAlert).account))].sort()
}

describe('statistics', () => {
  it('find quantiles', () => {
    expect([0, 0.5, 0.99, 1].map(share => quantile([4, 1, 3, 2], share))).toEqual([1, 3, 4, 4])
    expect(() => quantile([], 0.5)).toThrow()
  })

  it('find the weights that made the labels, and none below zero', () => {
    const rows = Array.from({ length: 200 }, (_, n) => [n % 3, n % 5, n % 7 === 0 ? 1 : 0])
    const labels = rows.map(([a]) => a === 1)
    const [first, second, third] = fitWeights(
      rows.map(([a, b, c]) => [a === 1 ? 0.5 : 0, b! / 100, c!]),
      labels,
    )
    expect(first).toBeCloseTo(2, 9)
    expect(second).toBeCloseTo(0, 9)
    expect(third).toBeCloseTo(0, 9)
    const opposed = fitWeights(
      rows.map(([a]) => [1, a === 1 ? 0 : 1]),
      labels,
    )
    expect(opposed[1]).toBe(0)
    expect(opposed[0]).toBeCloseTo(labels.filter(Boolean).length / 200, 9)
  })

  it('choose the threshold between what it separates', () => {
    const answers = scored([0.9, true], [0.5, true], [0.3, false], [0.2, false])
    expect(chooseThreshold(answers)).toBeCloseTo(0.4, 9)
    expect(chooseThreshold(answers, 0.25)).toBeCloseTo(0.35, 9)
  })
})

describe('fit-model', () => {
  it('makes a valid model that finds cheaters in runs that it was not made from', async () => {
    const artefact = fitModel([runOf(1), runOf(2)], 'fitted-1', 'two runs')
    expect(artefact.reach.units).toBeGreaterThan(400)
    expect(artefact.reach.units).toBeLessThan(1100)
    expect(artefact.keys.log2Probability.q).toBeCloseTo(Math.log2(0.95 / 9), 0)
    expect(artefact.weights.recentExcess).toBeGreaterThan(0)
    const model = readModel(artefact, 'fitted')
    for (const run of [runOf(3), runOf(4)]) {
      const players = [...new Set(run.records.map(({ key }) => key.toString()))]
      expect(await reported(run, model)).toEqual(players.filter(account => run.isCheater(account, undefined)).sort())
    }
  })

  it('reads runs from files, and says when a label is missing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'runs-'))
    const [event] = crowd({ seed: 1, players: 1, durationMs: 1000, isBadLine: false })
    const truth = {
      eventId: event!.eventId,
      datetime: event!.datetime,
      kind: 'player-match',
      account: event!.account,
      roomID: event!.roomID,
      roomDay: '2024-03-24',
      champion: 'Vex',
      endedAt: event!.datetime,
      cheater: true,
      cheat: 'x',
    }
    await writeFile(join(directory, 'raw'), `${JSON.stringify(event)}\n`)
    await writeFile(join(directory, 'truth'), `${JSON.stringify(truth)}\n`)
    const [run] = readRuns([join(directory, 'raw'), join(directory, 'truth')])
    expect(run!.records).toHaveLength(1)
    expect(run!.isCheater(event!.account, event!.roomID)).toBe(true)
    expect(() => run!.isCheater('nobody', undefined)).toThrow('no label for nobody')
    expect(() => readRuns(['raw'])).toThrow('pairs')
    await rm(directory, { recursive: true })
  })
})

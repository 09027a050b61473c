import { type EvaluationInput, lol } from '@millrace/domains/lol/contract'
import { createRestarts } from '@millrace/testing'
import { assertSameInParts } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'
import { createDetectorEvaluatorTopologies } from '../src/index.ts'
import { BundleProcessor } from '../src/steps/bundle-processor.ts'
import { alertAt, scoreAt, truthAt } from './records.ts'

const { scores, alerts, truth, evaluationInputs } = lol.topics

/** What is made of the records of twelve players, some of whom cheat, who play eight matches of ten minutes each. */
function inputs(): EvaluationInput[] {
  const players = Array.from({ length: 12 }, (_, player) => player)
  const records = players.flatMap(player =>
    Array.from({ length: 8 }, (_, match) => match).flatMap(match => {
      const own = { account: `player-${player}`, roomID: `room-${match}` }
      const beginS = match * 900
      const first = player * 30_000 + match * 1_000
      const cheats = player % 4 === 0
      return [
        ...Array.from({ length: 60 }, (_, n) => {
          const record = scoreAt(first + n, beginS + 10 * n, { ...own, score: (n % 10) / 10 })
          return { topic: scores, record, atS: beginS + 10 * n + 1 }
        }),
        ...Array.from({ length: cheats ? 12 : 0 }, (_, n) => {
          const record = truthAt({ action: first + 5 * n }, beginS + 50 * n, 'snap', own)
          return { topic: truth, record, atS: beginS + 50 * n + (n % 2) * 40 }
        }),
        ...(cheats ? [{ topic: alerts, record: alertAt(first + 30, beginS + 300, own), atS: beginS + 301 }] : []),
        {
          topic: truth,
          record: truthAt({ match: first }, beginS + 600, cheats ? 'snap' : null, own),
          atS: beginS + 600,
        },
      ]
    }),
  )
  records.sort((a, b) => a.atS - b.atS)
  const processors = new Map([scores, alerts, truth].map(topic => [topic, new BundleProcessor(topic)] as const))
  const offsets = new Map<unknown, number>()
  return records.flatMap(({ topic, record }) => {
    const offset = offsets.get(topic) ?? 0
    offsets.set(topic, offset + 1)
    const value = Buffer.from(JSON.stringify(record))
    const result = processors
      .get(topic)!
      .process([{ topic: topic.name, partition: 0, offset, key: Buffer.from(record.account), value, timestampMs: 0 }])
    return result.emits.map(emit => JSON.parse(emit.value.toString()) as EvaluationInput)
  })
}

it('counts the same wherever it was killed', async () => {
  const runs = createRestarts(
    () => createDetectorEvaluatorTopologies({ truthLatenessMs: 60_000 })[0]!,
    evaluationInputs,
    inputs(),
  )
  const published = await assertSameInParts(runs, { numRuns: 8 })
  expect(published.length).toBeGreaterThan(100)
})

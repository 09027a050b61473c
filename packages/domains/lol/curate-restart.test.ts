import { createRestarts } from '@millrace/testing'
import { assertSameInParts } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { type LolRaw, lol } from './contract.ts'
import { playersAtWork } from './curate/players-at-work.ts'
import { moveAt } from './curate/raw-move.ts'
import { curation } from './curate.ts'

const restarts = (events: readonly LolRaw[]) =>
  createRestarts(() => curation.createTopology({}), lol.topics.raw, events)

describe('a curator that is killed', () => {
  it('publishes what it would have published, wherever it was', async () => {
    const runs = restarts(playersAtWork({ seed: 11, players: 4, durationMs: 4 * 3_600_000 }))
    const published = await assertSameInParts(runs, { numRuns: 8 })
    expect(published.length).toBeGreaterThan(3000)
  })

  it('still knows the move before a straggler of a player who has been silent for long', async () => {
    const account = 'silent'
    const crowd = Array.from({ length: 6750 }, (_, n) => moveAt(n, n / 5, { account: `player-${n % 10}` }))
    const events = [
      ...crowd.slice(0, 5),
      moveAt(10_001, 0, { account, x: 0, y: 0 }),
      ...crowd.slice(5, 2750),
      moveAt(10_002, 550, { account, x: 100, y: 0 }),
      ...crowd.slice(2750),
      moveAt(10_003, 260, { account, x: 40, y: 30 }),
    ]
    const runs = restarts(events)
    const cut = runs.length - 1
    const { metadata } = await runs.run(0, cut, null)
    const { readFrom, published } = await runs.run(cut, runs.length, metadata)
    expect(JSON.parse(published[0]!.replace('lol.curated ', ''))).toMatchObject({
      displacement: 50,
      elapsedMs: 260_000,
    })
    expect(readFrom).toBeLessThan(cut)
  })
})

import { type LolRaw, lol } from '@millrace/domains/lol/contract'
import { createRestarts } from '@millrace/testing'
import { assertSameInParts } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { createAnomalyScorerTopology, loadBuiltInModel } from '../src/index.ts'
import { crowd, moveAt, moves } from './moves.ts'

const model = loadBuiltInModel('time-aware-rule-1')
const restarts = (events: readonly LolRaw[]) =>
  createRestarts(() => createAnomalyScorerTopology({ model }), lol.topics.raw, events)

describe('a scorer that is killed', () => {
  it('publishes what it would have published, wherever it was', async () => {
    const runs = restarts(crowd({ seed: 11, players: 6, durationMs: 7_200_000, isBadLine: true }))
    const published = await assertSameInParts(runs, { numRuns: 6 })
    expect(published.some(line => line.startsWith('lol.alerts'))).toBe(true)
  })

  it('still knows the incident of a player who has been silent for long', async () => {
    const account = 'silent'
    const incident = moves({ first: 10_000, count: 12, fromSeconds: 0, isFar: () => true }, { account })
    const goesOn = Array.from({ length: 12 }, (_, n) => moveAt(20_000 + n, 352 + 3 * n, { account, x: (n % 2) * 6000 }))
    // The others are far ahead when the player comes back, so that little is remembered of the time of the incident.
    const others = Array.from({ length: 8800 }, (_, n) => moveAt(n, n / 10, { account: `player-${n % 20}` }))
    const events = [...others, ...incident, moveAt(20_100, 350, { account })]
      .sort((a, b) => a.datetime.localeCompare(b.datetime))
      .concat(goesOn)
    const runs = restarts(events)
    const whole = await runs.run(0, runs.length, null)
    const { published } = await runs.runInParts([runs.length - goesOn.length])
    expect(published).toEqual(whole.published)
    expect(whole.published.filter(line => line.startsWith('lol.alerts'))).toHaveLength(1)
  })
})

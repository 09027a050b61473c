import { lol } from '@millrace/domains/lol/contract'
import { snapApproach } from '@millrace/domains/lol/simulate/cheats'
import { createRestarts } from '@millrace/testing'
import { assertSameInParts } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { createAnomalyScorerTopology, loadBuiltInModel } from '../src/index.ts'
import { crowdWithPaths } from './hands.ts'

const model = loadBuiltInModel('additive-evidence-1')

describe('a scorer with the additive model that is killed', () => {
  it.each([true, false])('publishes what it would have published, wherever it was (bad line: %s)', async isBadLine => {
    const events = crowdWithPaths({ seed: 11, players: 40, durationMs: 4_800_000, isBadLine }, 0.12, path =>
      snapApproach(path, 0.9),
    )
    const runs = createRestarts(() => createAnomalyScorerTopology({ model }), lol.topics.raw, events)
    const published = await assertSameInParts(runs, { numRuns: 6 })
    expect(published.filter(line => line.startsWith('lol.alerts')).length).toBeGreaterThan(1)
  })
})

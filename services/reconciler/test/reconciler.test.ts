import { logError } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import type { RoundResult } from '../src/comparer.ts'
import { createReconciler } from '../src/reconciler.ts'
import { createReconcilerMetrics } from '../src/reconciler-metrics.ts'
import { createStoreWatch } from '../src/store-watch.ts'

const right: RoundResult = { missing: 0, duplicate: 0, unexpected: 0, unbalanced: 0, examples: [] }

function world() {
  const clock = new ManualClock()
  const health = createHealth()
  const lines: Record<string, unknown>[] = []
  const logger = createLogger('test', { destination: { write: line => void lines.push(JSON.parse(line)) } })
  const core = createServiceMetrics('reconciler', { processMetrics: false })
  return { clock, health, lines, logger, core, metrics: createReconcilerMetrics(core, clock) }
}

it('compares at its interval, speaks only when something is wrong, and goes on after what a store throws', async () => {
  const { core, lines, ...parts } = world()
  const { clock, health } = parts
  const away = logError('log_unavailable', { where: 'there', reason: 'refused' })
  const wrong = { ...right, missing: 1, examples: ['shop.raw: x is not in the lake'] }
  const outcomes: (RoundResult | Error)[] = [right, wrong, away, away, new TypeError('odd'), right]
  const atS: number[] = []
  const reconciler = createReconciler({
    ...parts,
    intervalMs: 600_000,
    comparer: {
      round: async () => {
        atS.push((clock.now() - Date.UTC(2024, 0, 1)) / 1000)
        const outcome = outcomes.shift() ?? right
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    },
  })
  await reconciler.start()
  await clock.advance(1_215_000)
  expect(health.notReady()).toEqual({ comparison: away.message })
  expect(health.live()).toBe(true)
  await clock.advance(600_000)
  expect(atS).toEqual([0, 600, 1200, 1215, 1230, 1245])
  expect(health.notReady()).toBeNull()
  expect(lines.map(({ event }) => event)).toEqual(['stores_differ', 'comparison_failed', 'comparison_recovered'])
  expect(lines[0]).toMatchObject({ level: 'error', missing: 1, examples: wrong.examples })
  const failed = await core.registry.getSingleMetric('millrace_reconciler_comparisons_failed_total')!.get()
  expect(failed.values.map(({ labels, value }) => [labels.reason, value])).toEqual([
    ['log_unavailable', 2],
    ['unknown', 1],
  ])
  await reconciler.stop()
  await clock.advance(600_000)
  expect(atS).toHaveLength(6)
})

it('is not ready while a store does not answer, and live all the while', async () => {
  const parts = world()
  const { clock, health } = parts
  const ask = () => new Promise<void>(() => {})
  const watch = createStoreWatch({ lake: ask, mart: async () => {} }, parts)
  await watch.start()
  expect(health.notReady()).toMatchObject({ lake: 'has not answered yet' })
  await clock.advance(60_000)
  expect(health.notReady()).toEqual({ lake: 'no answer for 8 s' })
  expect(health.live()).toBe(true)
  await watch.stop()
})

it('says once that a store is away, and once that it is back', async () => {
  const { lines, ...parts } = world()
  const { clock, health } = parts
  let isAway = true
  const ask = () => (isAway ? Promise.reject(new Error('refused')) : Promise.resolve())
  const watch = createStoreWatch({ lake: ask, mart: async () => {} }, parts)
  await watch.start()
  await clock.advance(60_000)
  expect(health.notReady()).toEqual({ lake: 'refused' })
  isAway = false
  await clock.advance(20_000)
  expect(health.notReady()).toBeNull()
  expect(lines.map(({ event }) => event)).toEqual(['store_unavailable', 'store_available'])
  await watch.stop()
})

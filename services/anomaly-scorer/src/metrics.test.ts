import { Registry } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createFeatureMetrics } from './metrics.ts'

it('tells how often each feature was in each bin, beside what is usual', async () => {
  const registry = new Registry()
  const counts = new Float64Array([3, 0])
  createFeatureMetrics(registry, { features: [{ feature: 'straightness', counts, reference: [0.9, 0.1] }] })
  counts[1] = 2
  const text = await registry.metrics()
  for (const line of [
    'millrace_anomaly_scorer_feature_values_total{feature="straightness",bin="0"} 3',
    'millrace_anomaly_scorer_feature_values_total{feature="straightness",bin="1"} 2',
    'millrace_anomaly_scorer_feature_reference_ratio{feature="straightness",bin="0"} 0.9',
    'millrace_anomaly_scorer_feature_reference_ratio{feature="straightness",bin="1"} 0.1',
  ])
    expect(text).toContain(line)
})

it('has nothing to tell of a model without features', async () => {
  const registry = new Registry()
  createFeatureMetrics(registry, { features: [] })
  expect(await registry.metrics()).toBe('\n')
})

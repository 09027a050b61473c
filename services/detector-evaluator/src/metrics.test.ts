import { Registry } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createTallyMetrics } from './metrics.ts'
import { countAction, countAlert, countMatch } from './steps/count-outcomes.ts'

it('counts tallies by what is true, from 0 on', async () => {
  const registry = new Registry()
  const count = createTallyMetrics(registry)
  const text = async (line: string) =>
    (await registry.metrics()).split('\n').includes(`millrace_detector_evaluator_${line}`)
  expect(await text('matches_total{truth="snap"} 0')).toBe(true)
  expect(await text('detection_delay_seconds_count{truth="snap"} 0')).toBe(true)

  const counts = new Map<string, number>()
  for (const kind of ['snap', 'snap', null] as const) countAction(counts, { score: 1, flagged: true, kind })
  const outcomes = [
    countAlert('true', 'snap'),
    countAlert('false', null),
    countMatch('snap', { playedMs: 60_000, delayMs: 30_000 }),
    countMatch(null, { playedMs: 60_000, delayMs: null }),
  ]
  for (const each of [counts, ...outcomes]) count({ id: '', atMs: 0, modelId: '', counts: each })
  for (const line of [
    'actions_total{truth="snap"} 2',
    'actions_total{truth="honest"} 1',
    'flagged_actions_total{truth="snap"} 2',
    'alerts_total{outcome="true",kind="snap"} 1',
    'alerts_total{outcome="false",kind="honest"} 1',
    'matches_total{truth="snap"} 1',
    'matches_total{truth="honest"} 1',
    'detected_matches_total{truth="snap"} 1',
    'detection_delay_seconds_count{truth="snap"} 1',
    'detection_delay_seconds_bucket{le="40",truth="snap"} 1',
    'detection_delay_seconds_bucket{le="20",truth="snap"} 0',
    'honest_seconds_total 60',
  ])
    expect(await text(line), `${line}\n${await registry.metrics()}`).toBe(true)
})

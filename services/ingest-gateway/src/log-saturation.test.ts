import { type AppendResult, logError } from '@millrace/event-log'
import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createLogSaturation } from './log-saturation.ts'

const results = (stored: number, refused: number): AppendResult[] => [
  ...Array<AppendResult>(stored).fill({ ok: true, partition: 0, offset: 0 }),
  ...Array<AppendResult>(refused).fill({ ok: false, error: logError('log_saturated') }),
]

it('is saturated while more records were refused than stored in the last second', async () => {
  const clock = new ManualClock()
  const saturation = createLogSaturation(clock)
  expect(saturation.isSaturated()).toBe(false)
  saturation.record(results(6, 6))
  expect(saturation.isSaturated()).toBe(false)
  saturation.record(results(0, 1))
  expect(saturation.isSaturated()).toBe(true)
  await clock.advance(600)
  expect(saturation.isSaturated()).toBe(true)
  saturation.record(results(2, 0))
  expect(saturation.isSaturated()).toBe(false)
})

it('ends after a second without records', async () => {
  const clock = new ManualClock()
  const saturation = createLogSaturation(clock)
  saturation.record(results(0, 100))
  await clock.advance(999)
  expect(saturation.isSaturated()).toBe(true)
  await clock.advance(1)
  expect(saturation.isSaturated()).toBe(false)
})

it('does not count other failures of the log, which have a readiness check of their own', () => {
  const saturation = createLogSaturation(new ManualClock())
  saturation.record([{ ok: false, error: logError('append_timeout', { topic: 't', partition: 1 }) }])
  expect(saturation.isSaturated()).toBe(false)
})

import { type AppendResult, logError } from '@millrace/event-log'
import { ManualClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createPressure } from './pressure.ts'

const results = (taken: number, turnedAway: number): AppendResult[] => [
  ...Array<AppendResult>(taken).fill({ ok: true, partition: 0, offset: 0 }),
  ...Array<AppendResult>(turnedAway).fill({ ok: false, error: logError('log_saturated') }),
]

it('is high while more records were turned away than taken in the last second', async () => {
  const clock = new ManualClock()
  const pressure = createPressure(clock)
  expect(pressure.isHigh()).toBe(false)
  pressure.note(results(6, 6))
  expect(pressure.isHigh()).toBe(false)
  pressure.note(results(0, 1))
  expect(pressure.isHigh()).toBe(true)
  await clock.advance(600)
  expect(pressure.isHigh()).toBe(true)
  pressure.note(results(2, 0))
  expect(pressure.isHigh()).toBe(false)
})

it('is over after a second without records', async () => {
  const clock = new ManualClock()
  const pressure = createPressure(clock)
  pressure.note(results(0, 100))
  await clock.advance(999)
  expect(pressure.isHigh()).toBe(true)
  await clock.advance(1)
  expect(pressure.isHigh()).toBe(false)
})

it('does not count other failures of the log, which readiness tells in another way', () => {
  const pressure = createPressure(new ManualClock())
  pressure.note([{ ok: false, error: logError('append_timeout', { topic: 't', partition: 1 }) }])
  expect(pressure.isHigh()).toBe(false)
})

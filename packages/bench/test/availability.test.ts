import { expect, it, onTestFinished, vi } from 'vitest'
import { splitByAvailability } from '../src/availability.ts'
import { flinkProblem, javaPeerProblem, sparkProblem } from '../src/inputs/peer-tools.ts'

it('leaves out what the machine cannot run, with the reason', async () => {
  const always = { id: 'P1' }
  const here = { id: 'T1A', unavailable: async () => null }
  const elsewhere = { id: 'T1B', unavailable: async () => 'no JDK' }
  expect(await splitByAvailability([always, elsewhere, here])).toEqual({
    available: [always, here],
    skipped: [{ id: 'T1B', reason: 'no JDK' }],
  })
})

it('names the tool of a peer that is not there', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await javaPeerProblem()).toBe('`javac` was not found on the PATH')
  expect(await flinkProblem()).toBe('`javac` was not found on the PATH')
  expect(await sparkProblem()).toBe('`javac` was not found on the PATH')
})

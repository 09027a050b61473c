import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { domainNames } from '@millrace/domains'
import { describe, expect, it } from 'vitest'
import { faultKinds } from '../src/fault-kinds.ts'
import { runSeeds } from '../src/seeds.ts'
import { shrink } from '../src/shrink.ts'
import { type SeedJob, Workers } from '../src/workers.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
/** As many as a few minutes of a busy machine allow; `npm run simulate` runs more. */
const SEEDS = 200
const DEADLINE_MS = 1_800_000

const jobOf = (seed: number, more: Partial<SeedJob> = {}): SeedJob => ({
  ...{ seed: String(seed), minutes: 10, domains: domainNames, kinds: faultKinds },
  ...more,
})

/** A command of the simulator, as a user runs it. */
async function simulate(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args])
  const said = { out: '', err: '' }
  child.stdout.on('data', text => {
    said.out += text
  })
  child.stderr.on('data', text => {
    said.err += text
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, ...said }
}

describe('the simulator', () => {
  it('finds nothing wrong under some seeds, and takes the same steps when it runs one again', {
    timeout: DEADLINE_MS,
  }, async () => {
    const workers = new Workers()
    try {
      const jobs = Array.from({ length: SEEDS }, (_, index) => jobOf(index + 1))
      const { seeds, failures, events } = await runSeeds(jobs, { workers, sideBySide: 2, onFailure() {} })
      expect(failures.map(({ job, result }) => `${job.seed}: ${result.failures[0]}`)).toEqual([])
      expect(seeds).toBe(SEEDS)
      expect(events).toBeGreaterThan(100 * SEEDS)
    } finally {
      workers.close()
    }
  })

  it('finds a planted fault, and makes the run smaller as long as it fails', { timeout: DEADLINE_MS }, async () => {
    const workers = new Workers('gives-up-soon')
    try {
      const jobs = Array.from({ length: 30 }, (_, index) =>
        jobOf(index + 1, { domains: ['hotel', 'antenna'], kinds: ['mart-away', 'clock'] }),
      )
      const { failures } = await runSeeds(jobs, { workers, sideBySide: 1, mostFailures: 1, onFailure() {} })
      const [first] = failures
      expect(first?.result.failures[0]).toContain('Gave up on')
      const { job, failure } = await shrink(first!.job, first!.result, smaller => workers.run(smaller))
      expect(failure).toContain('Gave up on')
      expect({ faults: job.keep?.length, domains: job.domains.length }).toEqual({ faults: 1, domains: 1 })
    } finally {
      workers.close()
    }
  })

  it('runs one seed by command, with its faults and its steps', async () => {
    const { code, out, err } = await simulate(
      '--seed',
      '3',
      '--minutes',
      '1',
      '--domains',
      'antenna',
      '--faults',
      'crash,pause',
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(
      /^(\d (crash|pause) at \d+ s for \d+ s \([a-z-]+\)\n)+\d+ events, \d+ steps with the hash [0-9a-f]{16}, \d+ s in \d+ ms\n$/,
    )
  })

  it.each([
    [['--seeds', 'many'], 'expected a whole number above 0, got "many"'],
    [['--domains', 'hotel,cars'], 'there is no "cars": expected some of lol, hotel'],
    [['--faults', 'flood'], 'there is no "flood": expected some of crash'],
    [['--seed', '1', '--keep', 'first'], 'expected places such as 0,2, or none, got "first"'],
    [['--trace', '/tmp/t'], '--trace is of one seed: give --seed as well'],
    [['--sed', '1'], "unknown option '--sed'"],
  ])('says what is wrong with %j', async (args, reason) => {
    const { code, out, err } = await simulate(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(reason)
    expect(err.split('\n').length).toBeLessThan(5)
  })
})

import type { SeedJob, SeedResult, Workers } from './workers.ts'

/** One in so many seeds is run a second time, and has to take the same steps. */
const TWICE_EVERY = 20

export interface SeedFailure {
  readonly job: SeedJob
  readonly result: SeedResult
}

export interface SeedsSummary {
  readonly seeds: number
  readonly failures: readonly SeedFailure[]
  readonly events: number
  readonly virtualMs: number
  readonly cpuMs: number
}

/**
 * Runs seeds side by side.
 * @param onDone told after each seed
 * @param mostFailures no more seeds are begun after so many failures
 */
export async function runSeeds(
  jobs: readonly SeedJob[],
  options: {
    readonly workers: Workers
    readonly sideBySide: number
    readonly mostFailures?: number
    readonly onDone?: (done: number, failed: number) => void
    readonly onFailure: (failure: SeedFailure) => void
  },
): Promise<SeedsSummary> {
  const { workers, sideBySide, mostFailures = Number.POSITIVE_INFINITY, onDone, onFailure } = options
  const failures: SeedFailure[] = []
  let [next, done, events, virtualMs, cpuMs] = [0, 0, 0, 0, 0]

  async function runOne(job: SeedJob, place: number): Promise<void> {
    let result = await workers.run(job)
    if (place % TWICE_EVERY === 0 && result.failures.length === 0) {
      const again = await workers.run(job)
      if (again.traceHash !== result.traceHash)
        result = { ...result, failures: [`two runs took different steps: ${result.traceHash}, ${again.traceHash}`] }
    }
    done++
    events += result.events
    virtualMs += result.virtualMs
    cpuMs += result.cpuMs
    if (result.failures.length > 0) {
      const failure = { job, result }
      failures.push(failure)
      onFailure(failure)
    }
    onDone?.(done, failures.length)
  }

  async function runOn(): Promise<void> {
    while (next < jobs.length && failures.length < mostFailures) {
      const place = next++
      await runOne(jobs[place]!, place)
    }
  }

  await Promise.all(Array.from({ length: sideBySide }, runOn))
  return { seeds: done, failures, events, virtualMs, cpuMs }
}

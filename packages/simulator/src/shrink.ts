import type { SeedJob, SeedResult } from './workers.ts'

/** Minutes of the shortest run that is tried. */
const SHORTEST_MINUTES = 1
const MOST_DIVISOR = 4

/** Makes a failing run smaller as long as it fails: fewer faults, fewer domains, a shorter run, fewer players. */
export async function shrink(
  job: SeedJob,
  { faults }: SeedResult,
  run: (job: SeedJob) => Promise<SeedResult>,
): Promise<{ readonly job: SeedJob; readonly failure: string }> {
  let smallest: SeedJob = { ...job, keep: job.keep ?? faults.map((_, place) => place) }
  let failure = ''

  async function tryWith(change: Partial<SeedJob>): Promise<boolean> {
    const smaller = { ...smallest, ...change }
    const { failures } = await run(smaller)
    if (failures.length === 0) return false
    smallest = smaller
    failure = failures[0]!
    return true
  }

  await tryWith({})
  for (const place of smallest.keep!) await tryWith({ keep: smallest.keep!.filter(other => other !== place) })
  for (const domain of smallest.domains)
    if (smallest.domains.length > 1) await tryWith({ domains: smallest.domains.filter(other => other !== domain) })
  while (
    smallest.minutes > SHORTEST_MINUTES &&
    (await tryWith({ minutes: Math.max(SHORTEST_MINUTES, Math.ceil(smallest.minutes / 2)) }))
  );
  while ((smallest.fewer ?? 1) < MOST_DIVISOR && (await tryWith({ fewer: (smallest.fewer ?? 1) * 2 })));
  return { job: smallest, failure }
}

import { availableParallelism } from 'node:os'
import { domainNames } from '@millrace/domains'
import { Command, InvalidArgumentError } from 'commander'
import { describeFault, type FaultKind, faultKinds } from './fault-kinds.ts'
import { runSeeds, type SeedFailure } from './seeds.ts'
import { shrink } from './shrink.ts'
import { type SeedJob, Workers } from './workers.ts'

interface Flags {
  readonly seeds: number
  readonly first: number
  readonly minutes: number
  readonly domains: readonly string[]
  readonly faults: readonly FaultKind[]
  readonly jobs: number
  readonly seed?: number
  readonly keep?: readonly number[]
  readonly fewer?: number
  readonly trace?: string
  readonly logs?: true
  readonly shrink: boolean
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function whole(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1)
    throw new InvalidArgumentError(`expected a whole number above 0, got "${text}".`)
  return value
}

const some =
  <T extends string>(known: readonly T[]) =>
  (text: string): readonly T[] => {
    if (text === 'none') return []
    const names = text.split(',')
    const wrong = names.find(name => !known.includes(name as T))
    if (wrong !== undefined)
      throw new InvalidArgumentError(`there is no "${wrong}": expected some of ${known.join(', ')}, or none.`)
    return known.filter(name => names.includes(name))
  }

function places(text: string): readonly number[] {
  if (text === 'none') return []
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError(`expected places such as 0,2, or none, got "${text}".`)
  return text.split(',').map(Number)
}

/** The command that runs a seed again. */
function commandOf({ seed, minutes, domains, kinds, keep, fewer }: SeedJob): string {
  const options = [
    `--seed ${seed}`,
    ...(minutes === DEFAULT_MINUTES ? [] : [`--minutes ${minutes}`]),
    ...(domains.length === domainNames.length ? [] : [`--domains ${domains.join(',')}`]),
    ...(kinds.length === faultKinds.length ? [] : [`--faults ${kinds.length > 0 ? kinds.join(',') : 'none'}`]),
    ...(keep === undefined ? [] : [`--keep ${keep.length > 0 ? keep.join(',') : 'none'}`]),
    ...(fewer === undefined || fewer === 1 ? [] : [`--fewer ${fewer}`]),
  ]
  return `npm run simulate -- ${options.join(' ')}`
}

const DEFAULT_MINUTES = 10

const program = new Command('simulate')
  .description('Runs the whole platform in one process under a seed that decides time, order, crashes and faults.')
  .option('--seeds <n>', 'how many seeds', whole, 100)
  .option('--first <n>', 'the first of them', whole, 1)
  .option('--seed <n>', 'one seed, with what happens in it', whole)
  .option('--minutes <n>', 'virtual minutes in which events are sent', whole, DEFAULT_MINUTES)
  .option('--domains <domain,…>', 'domains that take part', some(domainNames), domainNames)
  .option('--faults <kind,…|none>', `what may go wrong: ${faultKinds.join(', ')}`, some(faultKinds), faultKinds)
  .option('--keep <place,…|none>', 'of the faults of the seed, those at these places, counted from 0', places)
  .option('--fewer <n>', 'divides the number of players, guests and so on', whole)
  .option('--jobs <n>', 'seeds at a time', whole, availableParallelism())
  .option('--trace <file>', 'with --seed: write a line for each step')
  .option('--logs', 'with --seed: show the log lines of the services')
  .option('--no-shrink', 'print a failing seed as it is')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '')) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
const flags = program.opts<Flags>()
for (const option of ['trace', 'logs', 'keep'] as const)
  if (flags[option] !== undefined && flags.seed === undefined) {
    process.stderr.write(`--${option} is of one seed: give --seed as well.\n`)
    process.exit(2)
  }

const jobOf = (seed: number): SeedJob => ({
  seed: String(seed),
  minutes: flags.minutes,
  domains: flags.domains,
  kinds: flags.faults,
  keep: flags.keep,
  fewer: flags.fewer,
  traceFile: flags.trace,
  showLogs: flags.logs ?? false,
})

const workers = new Workers()

async function tell({ job, result }: SeedFailure): Promise<void> {
  const { job: smallest, failure } = flags.shrink
    ? await shrink(job, result, smaller => workers.run(smaller))
    : { job, failure: result.failures[0]! }
  print(`seed ${job.seed} failed: ${(failure || result.failures[0]!).split('\n')[0]}. Again: ${commandOf(smallest)}`)
}

async function runOne(seed: number): Promise<number> {
  const result = await workers.run(jobOf(seed))
  for (const [place, fault] of result.faults.entries()) print(`${flags.keep?.[place] ?? place} ${describeFault(fault)}`)
  const { events, steps, virtualMs, cpuMs, traceHash } = result
  print(
    `${events} events, ${steps} steps with the hash ${traceHash}, ${Math.round(virtualMs / 1000)} s in ${Math.round(cpuMs)} ms`,
  )
  for (const failure of result.failures) print(`failed: ${failure}`)
  return result.failures.length === 0 ? 0 : 1
}

async function runMany(): Promise<number> {
  const jobs = Array.from({ length: flags.seeds }, (_, index) => jobOf(flags.first + index))
  const told: Promise<void>[] = []
  const startedMs = performance.now()
  const summary = await runSeeds(jobs, {
    workers,
    sideBySide: flags.jobs,
    onFailure: failure => void told.push(tell(failure)),
    onDone(done, failed) {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${jobs.length} seeds, ${failed} failed `)
    },
  })
  await Promise.all(told)
  const seconds = (performance.now() - startedMs) / 1000
  const { seeds, failures, virtualMs, cpuMs } = summary
  if (process.stderr.isTTY) process.stderr.write('\n')
  print(
    `${seeds} seeds, ${failures.length} failed, in ${Math.round(seconds)} s: ` +
      `${Math.round(virtualMs / cpuMs)} times as fast as time, on one core.`,
  )
  return failures.length === 0 ? 0 : 1
}

const code = flags.seed === undefined ? await runMany() : await runOne(flags.seed)
workers.close()
process.exitCode = code

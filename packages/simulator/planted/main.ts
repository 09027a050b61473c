import { availableParallelism } from 'node:os'
import { domainNames } from '@millrace/domains'
import { Command, InvalidArgumentError } from 'commander'
import { faultKinds } from '../src/fault-kinds.ts'
import { runSeeds } from '../src/seeds.ts'
import { Workers } from '../src/workers.ts'
import { plants } from './plants.ts'

/* How many seeds each planted fault takes to be found. */

const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`expected a whole number above 0, got "${text}".`)
  return Number(text)
}

const program = new Command('prove-simulator')
  .description('Puts faults into the product, one at a time, and counts the seeds until one fails.')
  .option('--plants <name,…>', 'some of them', text => text.split(','))
  .option('--seeds <n>', 'most seeds for each', whole, 1_000)
  .option('--first <n>', 'the first of them', whole, 1)
  .option('--jobs <n>', 'seeds at a time', whole, availableParallelism())
  .parse()
const flags = program.opts<{ plants?: readonly string[]; seeds: number; first: number; jobs: number }>()
const unknown = flags.plants?.find(name => plants.every(plant => plant.name !== name))
if (unknown !== undefined) {
  process.stderr.write(
    `There is no planted fault "${unknown}": expected some of ${plants.map(({ name }) => name).join(', ')}.\n`,
  )
  process.exit(2)
}

let missed = 0
for (const { name, what } of plants.filter(plant => flags.plants?.includes(plant.name) ?? true)) {
  const workers = new Workers(name)
  const jobs = Array.from({ length: flags.seeds }, (_, index) => ({
    seed: String(flags.first + index),
    ...{ minutes: 10, domains: domainNames, kinds: faultKinds },
  }))
  const { seeds, failures } = await runSeeds(jobs, { workers, sideBySide: flags.jobs, mostFailures: 1, onFailure() {} })
  const [first] = failures
  if (!first) missed++
  const outcome = first
    ? `found by seed ${first.job.seed}: ${first.result.failures[0]!.split('\n')[0]!.slice(0, 160)}`
    : `not found by ${seeds} seeds`
  process.stdout.write(`${name}: ${outcome} (${what})\n`)
  workers.close()
}
process.exitCode = missed === 0 ? 0 : 1

import { simulations } from '@millrace/domains/simulation'
import { env, type Logger, Secret, type Texts } from '@millrace/runtime'
import { createGatewaySink, createGenerator, type Generator, type GoldenRow, type Random } from '@millrace/simulation'
import type { ServiceProcess } from './service-process.ts'

/** What the generators do wrong where a seed has faulty events. */
const FAULTS = 'dup=0.02,late=0.02,out-of-order=0.02,burst=0.01,malformed=0.01,missing-field=0.01'

export interface GeneratorsOptions {
  readonly seed: string
  readonly random: Random
  readonly domains: readonly string[]
  readonly durationMs: number
  readonly hasFaults: boolean
  /** Divides populations, for shrinking. */
  readonly fewer: number
  readonly process: ServiceProcess
  readonly logger: Logger
  readonly apiKey: string
  readonly ledger: string
}

const divided = (options: Texts, by: number): Texts =>
  Object.fromEntries(
    Object.entries(options).map(([name, value = '']) => [
      name,
      /^\d+$/.test(value) ? String(Math.max(1, Math.floor(Number(value) / by))) : value,
    ]),
  )

/** A generator, and when it begins, ms after the run. */
export interface TimedGenerator {
  readonly generator: Generator
  readonly afterMs: number
}

/** The generators of some domains, which send to the gateway at the pace of virtual time. */
export function createGenerators(options: GeneratorsOptions): readonly TimedGenerator[] {
  const { process, logger, ledger } = options
  const { clock } = process
  return options.domains.map(domain => {
    const simulation = simulations.get(domain)!
    const { duration: longest, ...few } = options.random.pick(simulation.few ?? [{}])
    const longestMs = longest === undefined ? options.durationMs : env.duration().parse(longest)
    const durationMs = Math.min(options.durationMs, longestMs)
    const afterMs = options.random.int(0, options.durationMs - durationMs)
    const parsed = simulation.parse({
      ...divided(few, options.fewer),
      seed: options.seed,
      start: new Date(clock.now() + afterMs).toISOString(),
      duration: `${Math.round(durationMs / 1000)}s`,
      speed: '1',
      ledger,
      ...(options.hasFaults && { faults: FAULTS }),
    })
    const generator = createGenerator({
      simulation,
      options: parsed,
      sink: createGatewaySink({
        url: 'http://gateway',
        apiKey: new Secret(options.apiKey),
        clock,
        logger,
        concurrency: 2,
      }),
      clock,
      logger,
    })
    return { generator, afterMs }
  })
}

/** The golden answers of all generators, by table. */
export const goldenOf = (generators: readonly Generator[]): Readonly<Record<string, readonly GoldenRow[]>> =>
  Object.assign({}, ...generators.map(generator => generator.golden()))

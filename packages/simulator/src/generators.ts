import { simulations } from '@millrace/domains/simulation'
import type { Logger } from '@millrace/runtime'
import { Secret } from '@millrace/runtime'
import { createGatewaySink, createGenerator, type Generator, type GoldenRow, type Random } from '@millrace/simulation'
import type { ServiceProcess } from './service-process.ts'

type Texts = Readonly<Record<string, string>>

/** Few actors of each domain, as many as a run in a second allows. */
const populations: Readonly<Record<string, (random: Random) => Texts>> = {
  lol: random => ({ profile: random.chance(0.5) ? 'realistic' : 'seed', players: '1', rooms: '1' }),
  hotel: random => ({ guests: String(random.int(2, 3)), places: '3' }),
  lostark: () => ({ raids: '1' }),
  ad: random => ({ viewers: String(random.int(4, 8)), campaigns: '2' }),
  antenna: () => ({ devices: '5', antennas: '2' }),
  music: random => ({ customers: String(random.int(3, 6)), tracks: '5', 'listens-per-day': '1440' }),
  web: random => ({ visitors: String(random.int(2, 4)) }),
}

/** Players of a match act twice a second, a party of a raid more often still: they are there for a part of the run. */
const longestMs: Readonly<Record<string, number>> = { lol: 40_000, lostark: 180_000 }

export const generatedFaults = 'dup=0.02,late=0.02,out-of-order=0.02,burst=0.01,malformed=0.01,missing-field=0.01'

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
    Object.entries(options).map(([name, value]) => [
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
    const population = divided(populations[domain]?.(options.random) ?? {}, options.fewer)
    const durationMs = Math.min(options.durationMs, longestMs[domain] ?? options.durationMs)
    const afterMs = options.random.int(0, options.durationMs - durationMs)
    const parsed = simulation.parse({
      ...population,
      seed: options.seed,
      start: new Date(clock.now() + afterMs).toISOString(),
      duration: `${Math.round(durationMs / 1000)}s`,
      speed: '1',
      ledger,
      ...(options.hasFaults && { faults: generatedFaults }),
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

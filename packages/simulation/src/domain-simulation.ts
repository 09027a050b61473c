import type { MartValue, Topic } from '@millrace/contracts'
import type { Texts } from '@millrace/runtime'
import type { z } from 'zod'
import type { SimulatedRecord } from './actor.ts'
import type { RecordStream } from './merge.ts'
import type { CommonOptions } from './run-options.ts'

/** A row of a mart table as the simulation knows that it has to be: columns by name, timestamps in ms since the epoch. */
export type GoldenRow = Readonly<Record<string, MartValue>>

/** One run of a domain's simulation. */
export interface SimulatedRun {
  readonly stream: RecordStream
  /** Virtual time covered, ms since the epoch. */
  readonly span: { readonly startMs: number; readonly endMs: number }
  /** Share of the stream that has been taken, 0 to 1, where virtual time does not tell it. */
  share?(): number
  /**
   * The golden answers for what the stream has given so far: the expected rows of mart tables by table name, counted by the
   * simulation and not by the code of the services.
   */
  golden(): Readonly<Record<string, readonly GoldenRow[]>>
}

/** How a domain generates events: its options, and the stream of records that they describe. */
export interface DomainSimulation<Options extends CommonOptions = CommonOptions> {
  readonly domain: string
  /** Topics that it writes, the events first. */
  readonly topics: readonly Topic[]
  /** Every option in kebab-case, see `defineOptions`. */
  readonly optionShape: z.ZodRawShape
  /**
   * Reads options from text, e.g. from a command line or the environment; pure.
   * @param nameOf how an option is written there; as it is unless given
   * @throws ConfigError with every problem
   */
  parse(given: Texts, nameOf?: (option: string) => string): Options
  /** Reads a line of a recorded file that has a form of its own, such as CSV, into JSON; null where it has not. Only JSON is read where left out. */
  readonly readLine?: (line: string) => string | null
  /** Reference records of the scenario, which a replay of recorded events needs as well; none where left out. */
  reference?(options: Options): readonly SimulatedRecord[]
  /** Options of a demo besides those that are given; those of every run where left out. */
  demo?(given: Texts): Texts
  /**
   * Options of runs with few actors, any of which will do, for those who run very many; a `duration` is the longest that is useful. Those of
   * every run where left out.
   */
  readonly few?: readonly Texts[]
  /** A pure function of the options, and of `nowMs` only where they say `now`. */
  simulate(options: Options, nowMs: number): SimulatedRun
}

import type { MartTable, Topic } from '@millrace/contracts'
import type { EventLog, LogReader } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { Chart, Figure, Table } from '@millrace/report/figure'
import type { Logger } from '@millrace/runtime'
import type { JoinMetrics, KeyedMetrics, Topology } from '@millrace/stream'

/** What a service gives to the topologies of a domain. */
export interface TopologyParts {
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

export interface CurationOptions extends TopologyParts {
  /** How much older than the newest of its key an event may be and still be related to the events around it, ms. */
  readonly allowedLatenessMs?: number
  /** After a longer pause an event of a key is a first one, ms. */
  readonly horizonMs?: number
  /** Keys with state in memory, per partition. */
  readonly maxKeys?: number
}

/** How the raw events of a domain become curated ones: one for each, under the same event id and key. */
export interface Curation {
  readonly source: Topic
  readonly target: Topic
  createTopology(options: CurationOptions): Topology
}

export interface AggregationParts extends TopologyParts {
  /** For reading reference topics and totals whole, and the offsets up to which partial results are merged. */
  readonly log: LogReader & Pick<EventLog, 'committed'>
  readonly joinMetrics?: JoinMetrics
}

/** What is aggregated from a domain's topics: windows, running totals, joins, session outcomes. */
export interface Aggregation {
  readonly domain: string
  createTopologies(parts: AggregationParts): readonly Topology[]
}

/** What is learned of a domain's actors: joined events, interests, profiles, and what follows from them. */
export type Profiling = Aggregation

/** What a domain says of a finished run, besides the comparisons that all domains share. */
export interface RunReport {
  /** Key in the JSON report. */
  readonly key: string
  readonly json: Readonly<Record<string, unknown>>
  /** Lines for people; the first is a heading. */
  readonly lines: readonly string[]
  /** The numbers that matter most. */
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  readonly tables: readonly Table[]
}

/** A command of `millrace` that shows something of a run's stores. */
export interface RunView {
  /** A word for people. */
  readonly name: string
  /** The command without the options that say where the stores are. */
  readonly command: string
}

/** Tables to read from. */
export type TableReader = Pick<Mart, 'select' | 'scan'>

/** Where a picture takes its values from: the stores, and the event time that it shows, at most the last 24 hours of a domain. */
export interface PictureSource {
  readonly log: LogReader
  readonly mart: TableReader
  /** First and last event time that is shown, ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
}

/** A picture of what a domain stored. What it reads is bounded, however much there is. */
export interface Picture {
  readonly title: string
  /** How to read it. */
  readonly reading: string
  /** Tables that it reads. */
  readonly tables: readonly MartTable[]
  /** Charts with the values behind them, or why there is nothing to show. */
  draw(source: PictureSource): Promise<Pick<Figure, 'charts' | 'tables'> | string>
}

/** A command of `millrace` that draws something that is named, from the mart. */
export interface DrawCommand {
  readonly name: string
  /** What is drawn. */
  readonly argument: string
  readonly description: string
  readonly options: readonly {
    readonly flags: string
    readonly description: string
    /** What is wrong with a value: what is expected; null where nothing is. */
    problem?(value: string): string | null
  }[]
  readonly tables: readonly MartTable[]
  /** The chart with a sentence about it, or what is wrong with what was asked for. */
  draw(
    mart: TableReader,
    subject: string,
    options: Readonly<Record<string, string | true>>,
  ): Promise<{ readonly chart: Chart; readonly caption: string } | string>
}

/** Makes the report of a domain from the log of a run, and knows how to look at its results. */
export interface RunReporter {
  readonly domain: string
  readonly views: readonly RunView[]
  /** Left out where the domain has nothing to add to the comparisons. */
  report?(log: LogReader): Promise<RunReport>
  readonly pictures?: readonly Picture[]
  readonly commands?: readonly DrawCommand[]
}

import type { EventOf, Topic } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import type { KeyedMetrics } from '../keyed-metrics.ts'
import type { Topology } from '../topology.ts'
import { checkDurations, checkRevised } from './check-options.ts'
import { MergeProcessor } from './merge-processor.ts'
import { PartialProcessor } from './partial-processor.ts'
import type { Group } from './window-records.ts'
import type { LateTopic, PartialsTopic } from './window-topics.ts'

/** What a result of a window and group is made into. */
export interface WindowResult<Result> {
  /** Start of the window, ms since the epoch. */
  readonly windowMs: number
  readonly group: Group
  /** Events that the result holds. */
  readonly events: number
  readonly result: Result
  /** Sum of the revisions of the source partitions' results: it only grows. */
  readonly revision: number
}

export interface WindowedAggregationOptions<Source extends Topic, Results extends Topic, Result> {
  /** Consumer group. */
  readonly name: string
  /** Name of the service, for errors and logs. */
  readonly service: string
  readonly source: Source
  readonly partials: PartialsTopic
  readonly results: Results
  readonly late: LateTopic
  /** Length of the tumbling windows, ms. */
  readonly windowMs: number
  /** How long after its end a window still counts events, ms of event time of their partition. */
  readonly graceMs: number
  /** A source partition without partial results for so long, by times of sending, holds up no window of others. */
  readonly idleAfterMs?: number
  /**
   * Which events are part of the aggregation; all where left out. The ids of others are not remembered, they are never late, and no
   * conservation rule holds for the table. No correction of an event may change it.
   */
  readonly isCounted?: (event: EventOf<Source>) => boolean
  /**
   * When the event was sent at first, ms. For a source that is made from another topic: an event time is then as plausible, and moves the
   * watermark as far, as it did there, whenever the record was made.
   */
  readonly sentMsOf?: (event: EventOf<Source>) => number
  /** The groups that an event counts in, at least one. */
  readonly groupsOf: (event: EventOf<Source>) => readonly Group[]
  /** Result of no event. */
  readonly zero: Result
  /** The result with one more event; pure. */
  readonly add: (result: Result, event: EventOf<Source>) => Result
  /**
   * The result without an event that it holds; pure. The records of the source are replaced then (it has a `revision`): one with a greater
   * revision takes the place of the earlier record of its event, in the groups of both.
   */
  readonly subtract?: (result: Result, event: EventOf<Source>) => Result
  /** With `subtract`: the fields that it and `groupsOf` read; of an event in memory the others are not kept. */
  readonly keptFields?: readonly (keyof EventOf<Source> & string)[]
  /** With `subtract`: whether an earlier record of the event was published, so that one that comes after the grace is not late as well. */
  readonly isCorrection?: (event: EventOf<Source>) => boolean
  /** The result over the events of both; commutative and associative. */
  readonly merge: (a: Result, b: Result) => Result
  readonly toEvent: (result: WindowResult<Result>) => EventOf<Results>
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

const IDLE_AFTER_MS = 600_000

/**
 * Tumbling windows over a source topic, by groups that are not its key, in two stages of one consumer group. Stage one keeps, per source
 * partition, the running result of each window and group, and publishes it as a partial result about once a second while it changes.
 * Stage two keeps the latest partial result of each source partition and publishes their merged result. Replays overwrite.
 */
export function createWindowedAggregation<Source extends Topic, Results extends Topic, Result>(
  options: WindowedAggregationOptions<Source, Results, Result>,
): Topology {
  const { name, source, partials, results, late, windowMs, graceMs, idleAfterMs = IDLE_AFTER_MS } = options
  checkDurations(name, { lengths: { windowMs }, allowances: { graceMs, idleAfterMs } })
  checkRevised(name, options)
  return {
    name,
    topics: [source, partials],
    outputs: [partials, results, late],
    createProcessor: topic =>
      topic === source ? new PartialProcessor(options) : new MergeProcessor({ ...options, idleAfterMs }),
  }
}

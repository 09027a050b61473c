import type { EventOf, Topic } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import type { KeyedMetrics } from '../keyed-metrics.ts'
import type { Topology } from '../topology.ts'
import { checkDurations } from '../windows/check-options.ts'
import { RankingProcessor } from './ranking-processor.ts'
import type { Member } from './top-members.ts'

/** Who has a rank of a list. */
export interface RankResult<Score extends string> {
  /** Event time of the records of the list: the start of its window, ms since the epoch. */
  readonly windowMs: number
  /** Partition key of these records. */
  readonly list: string
  /** The score that the list is ordered by. */
  readonly kind: Score
  /** From 1. */
  readonly rank: number
  /** Null: nobody has this rank any more. */
  readonly member: Member | null
  /** 0 without a member. */
  readonly score: number
  /** One more than the offset of the record with which the rank changed: it only grows. */
  readonly revision: number
}

export interface RankingOptions<Source extends Topic, Results extends Topic, Score extends string> {
  /** Consumer group. */
  readonly name: string
  /** Name of the service, for errors and logs. */
  readonly service: string
  /**
   * Results of a windowed aggregation, one per member, with a revision. The partition key is the list, so that all members of a list are in
   * one partition; the event time is the start of the window.
   */
  readonly source: Source
  readonly results: Results
  /** Whom a record is about. */
  readonly memberOf: (event: EventOf<Source>) => Member
  /** By name: the scores of a record, each of which makes a ranking of its own. A member whose score is not above 0 has no rank in it. */
  readonly scores: Readonly<Record<Score, (event: EventOf<Source>) => number>>
  /** How many ranks a list has. */
  readonly top: number
  /** How long after the start of its window a list takes records, ms of event time: the window and the grace of the aggregation, at least. */
  readonly keepMs: number
  /** A list for which records come is not closed: only one without records for so long, by times of sending. */
  readonly idleAfterMs?: number
  readonly toEvent: (rank: RankResult<Score>) => EventOf<Results>
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

const IDLE_AFTER_MS = 600_000

/**
 * The first members of each list by their newest scores: exact, with a total order (score descending, then member ascending). Only
 * ranks that changed are published, and of several records of a rank the one with the highest revision counts. Replays overwrite.
 * @throws TypeError where the options cannot work
 */
export function createRanking<Source extends Topic, Results extends Topic, Score extends string>(
  options: RankingOptions<Source, Results, Score>,
): Topology {
  const { name, source, results, top, keepMs, idleAfterMs = IDLE_AFTER_MS } = options
  checkDurations(name, { lengths: { keepMs }, allowances: { idleAfterMs } })
  if (!Number.isSafeInteger(top) || top < 1)
    throw new TypeError(`The topology ${name}: top is ${top}: expected a whole number above 0.`)
  if (!Object.hasOwn(source.schema.shape, 'revision'))
    throw new TypeError(`The topology ${name}: ${source.name} has no field "revision": expected one that only grows.`)
  return {
    name,
    topics: [source],
    outputs: [results],
    createProcessor: () => new RankingProcessor({ ...options, idleAfterMs }),
  }
}

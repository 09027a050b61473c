import type { EventOf, Topic } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import type { Topology } from '../topology.ts'
import type { JoinMetrics } from './join-metrics.ts'
import { JoinProcessor } from './join-processor.ts'
import type { ReferenceTable } from './reference-table.ts'

const DEFAULT_MAX_WAITING = 10_000

/** Reference topics by the names that the join has for them. */
export type ReferenceTopics = Readonly<Record<string, Topic>>

/** A table, and where an event says which row it needs. */
export interface JoinSide<Event, Reference extends Topic> {
  readonly table: ReferenceTable<Reference>
  readonly keyOf: (event: Event) => string
}

/** The rows of an event by the names of their tables; null where there is none yet. */
export type JoinedRows<References extends ReferenceTopics> = {
  readonly [Name in keyof References]: EventOf<References[Name]> | null
}

export interface ReferenceJoinOptions<Source extends Topic, Results extends Topic, References extends ReferenceTopics> {
  /** Consumer group. */
  readonly name: string
  /** Name of the service, for errors and logs. */
  readonly service: string
  readonly source: Source
  readonly results: Results
  readonly tables: { readonly [Name in keyof References]: JoinSide<EventOf<Source>, References[Name]> }
  /**
   * The joined event. Its id must come from the source event, so that a later one overwrites an earlier one. A pure function.
   * @param revision grows when a row arrives that was missing, and where one was replaced meanwhile
   * @param isCorrection the event was published before, with a row missing; for aggregations over the joined events
   */
  readonly join: (
    event: EventOf<Source>,
    rows: JoinedRows<References>,
    revision: number,
    isCorrection: boolean,
  ) => EventOf<Results>
  /** How long an event waits for a row, by times of sending, ms. A restart reads back this long at most. */
  readonly waitMs: number
  /** Events of a partition that wait for a row; where there are more, the oldest is given up. */
  readonly maxWaiting?: number
  readonly logger?: Logger
  readonly metrics?: JoinMetrics
}

/**
 * Joins each event with rows of reference tables. The tables are read whole before the first event, and further with each tick and where
 * an event lacks a row. An event whose row is not stored yet is published at once with null in its place, and again with a greater
 * revision when the row arrives.
 */
export function createReferenceJoin<Source extends Topic, Results extends Topic, References extends ReferenceTopics>(
  options: ReferenceJoinOptions<Source, Results, References>,
): Topology {
  const { name, source, results, maxWaiting = DEFAULT_MAX_WAITING } = options
  return {
    name,
    topics: [source],
    outputs: [results],
    createProcessor: () => new JoinProcessor({ ...options, maxWaiting }),
  }
}

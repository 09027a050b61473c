import type { EventOf, Topic } from '@millrace/contracts'
import type { Topology } from '../topology.ts'
import { checkCompacted, checkDurations, checkRevised } from './check-options.ts'
import { type MergeOptions, MergeProcessor } from './merge-processor.ts'
import { PartialProcessor } from './partial-processor.ts'
import { restoreOfGroups, restoreOfSource, type TotalTopics } from './restore-totals.ts'
import type { TotalState, WindowPartial } from './window-records.ts'
import type { WindowedAggregationOptions, WindowResult } from './windowed-aggregation.ts'

/** What the total of a group is made into. */
export interface RunningTotal<Result> extends Omit<WindowResult<Result>, 'windowMs'> {
  readonly state: TotalState
}

export interface RunningTotalsOptions<Source extends Topic, Results extends Topic, Result>
  extends Pick<TotalTopics, 'log'>,
    Omit<WindowedAggregationOptions<Source, Results, Result>, 'windowMs' | 'graceMs' | 'idleAfterMs' | 'toEvent'> {
  /** A compacted topic, keyed by the group alone. */
  readonly results: Results
  /** How far an event may be behind the watermark of its partition, ms; ids of events are remembered this long. */
  readonly horizonMs: number
  /** The event of the results topic. It carries the state as it is: a restart goes on from it. */
  readonly toEvent: (total: RunningTotal<Result>) => EventOf<Results> & { readonly state: TotalState }
}

/** Ids are forgotten in this many steps per horizon. */
const STEPS = 8

/**
 * Totals without an end over a source topic, by groups that are not its key: as windowed sums with one window. Their state is restored
 * from their own results, so they outlive the events that they were made from.
 */
export function createRunningTotals<Source extends Topic, Results extends Topic, Result>(
  options: RunningTotalsOptions<Source, Results, Result>,
): Topology {
  const { name, source, partials, results, late, horizonMs, toEvent } = options
  checkDurations(name, { lengths: { horizonMs } })
  checkCompacted(name, results)
  checkRevised(name, options)
  const bySource = { ...options, windowMs: Math.max(1, Math.ceil(horizonMs / STEPS)), graceMs: horizonMs }
  const merged: MergeOptions<Results, Result> = {
    ...options,
    windowMs: Number.POSITIVE_INFINITY,
    graceMs: 0,
    idleAfterMs: 0,
    toEvent: ({ group, events, result, revision, parts }) =>
      toEvent({ group, events, result, revision, state: { group: [...group], parts: parts.map(partOf) } }),
  }
  return {
    name,
    topics: [source, partials],
    outputs: [partials, results, late],
    createProcessor: topic =>
      topic === source
        ? new PartialProcessor(bySource, restoreOfSource(options))
        : new MergeProcessor(merged, restoreOfGroups(options)),
  }
}

const partOf = ({ partition, events, result, revision }: WindowPartial): TotalState['parts'][number] => ({
  partition,
  events,
  result,
  revision,
})

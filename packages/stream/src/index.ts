export { type ByteBudget, createByteBudget } from './byte-budget.ts'
export { decodeJson } from './decode-json.ts'
export { emitEvent } from './emit-event.ts'
export { streamError, streamErrors } from './errors.ts'
export { EventTimeWindow, type TimedEntry } from './event-time-window.ts'
export { emitFailed, failedRecord } from './failed-records.ts'
export { IdTable } from './id-table.ts'
export { createJoinMetrics, type JoinMetrics } from './joins/join-metrics.ts'
export {
  createReferenceJoin,
  type JoinedRows,
  type JoinSide,
  type ReferenceJoinOptions,
  type ReferenceTopics,
} from './joins/reference-join.ts'
export { type ReferenceRow, ReferenceTable } from './joins/reference-table.ts'
export { createKeyedMetrics, type KeyedMetrics } from './keyed-metrics.ts'
export { createKeyedProcessor, type KeyedContext, type KeyedProcessorOptions } from './keyed-processor.ts'
export {
  type Disposition,
  type KeyedRecord,
  KeyedState,
  type KeyedStateOptions,
  MAX_IDLE_MS,
  type Visit,
} from './keyed-state.ts'
export { createMapTopology, type MapOptions } from './map-topology.ts'
export { advance, NO_PROGRESS, type Progress, type RestartPoint, WATERMARK_AHEAD_MS } from './progress.ts'
export { createRanking, type RankingOptions, type RankResult } from './ranking/ranking.ts'
export type { Member } from './ranking/top-members.ts'
export type { RetryPolicy } from './retry.ts'
export { createRunner, type Runner, type RunnerParts } from './runner.ts'
export { createRunnerGroup, type RunnerGroup, type RunnerGroupParts } from './runner-group.ts'
export type { RunnerOptions } from './runner-options.ts'
export {
  type DeadLetter,
  type Drop,
  deadLetter,
  drop,
  type Ok,
  ok,
  type Step,
  type StepResult,
} from './step.ts'
export { runStreamService, type ServiceFrame, type ServiceParts } from './stream-service.ts'
export type { Emit, FailedRecord, PartitionProcessor, ProcessResult, Topology } from './topology.ts'
export {
  createKeyedWindows,
  type DeclaredWindows,
  type KeyedWindowsOptions,
  type SessionWindows,
  type TimeWindow,
  type TumblingWindows,
  type WindowContext,
} from './windows/keyed-windows.ts'
export { encodeRestartState, restartFrom } from './windows/restart-state.ts'
export { createRunningTotals, type RunningTotal, type RunningTotalsOptions } from './windows/running-totals.ts'
export { type Group, groupKey, type LateEvents, type TotalState, totalState } from './windows/window-records.ts'
export { defineLateTopic, definePartialsTopic, type LateTopic, type PartialsTopic } from './windows/window-topics.ts'
export {
  createWindowedAggregation,
  type WindowedAggregationOptions,
  type WindowResult,
} from './windows/windowed-aggregation.ts'

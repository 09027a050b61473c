export { EventTimeWindow, type TimedEntry } from './event-time-window.ts'
export type { Emit, FailedRecord, PartitionProcessor, ProcessResult, Topology } from './topology.ts'

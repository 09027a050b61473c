export type { Emit, FailedRecord, PartitionProcessor, ProcessResult, Topology } from './topology.ts'

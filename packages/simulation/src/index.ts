export { type Actor, compareRecords, type FaultNote, type SimulatedRecord } from './actor.ts'
export type { DomainSimulation, GoldenRow, SimulatedRun } from './domain-simulation.ts'
export { simulationError, simulationErrors } from './errors.ts'
export { type FaultKind, type FaultRates, faultKinds, hasFaults, noFaults, parseFaultRates } from './fault-rates.ts'
export { type FaultOptions, FaultyActor } from './faults.ts'
export {
  createGenerator,
  type Generator,
  type GeneratorContext,
  generatorName,
  openGenerator,
  openSink,
} from './generator.ts'
export { generatorEnv, loadGeneratorConfig, loadKafkaConfig, type OpenLog, runGenerator } from './generator-process.ts'
export { type GoldenTally, isNewEvent, talliedRun } from './golden-tally.ts'
export { type Ledger, openLedger } from './ledger.ts'
export { mergeActors, type RecordStream } from './merge.ts'
export { createPacer, type Pacer, type Speed } from './pacing.ts'
export { fillPool, POOL_SIZE } from './pools.ts'
export { Random } from './random.ts'
export { createRun, type RunOptions } from './run.ts'
export type { RunFileOptions } from './run-files.ts'
export { type CommonOptions, defineOptions, type OptionsOf, type Shard, type SinkOptions } from './run-options.ts'
export type { EventSink, Refusal, SinkRecord, Unanswered, WriteResult } from './sink.ts'
export { createSink, type SinkContext } from './sinks/create-sink.ts'
export { createFileSink } from './sinks/file-sink.ts'
export { createGatewaySink, type GatewaySinkOptions } from './sinks/gateway-sink.ts'
export { createLogSink, type LogSinkOptions } from './sinks/log-sink.ts'
export { createStreamSink } from './sinks/stream-sink.ts'
export type { Progress, RefusedExample, Summary, TopicCounts } from './summary.ts'
export {
  createWorld,
  type Gender,
  genders,
  type Person,
  worldShape,
} from './world.ts'

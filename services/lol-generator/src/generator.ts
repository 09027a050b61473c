import type { Clock, Component, Logger, ServiceMetrics } from '@millrace/runtime'
import { createRun, type EventSink, type Progress, type Summary } from '@millrace/simulation'
import type { GeneratorOptions } from './options.ts'
import { createLolSimulation } from './simulation.ts'

export interface LolGeneratorContext {
  readonly options: GeneratorOptions
  /** Closed by the generator. */
  readonly sink: EventSink
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: ServiceMetrics
  /** Called at most four times a second. */
  readonly onProgress?: (progress: Progress) => void
}

/**
 * The generator as a component. `finished` resolves with the summary at the end or after `stop`; it rejects with a CodedError
 * when the sink or a file cannot go on.
 */
export function createLolGenerator(context: LolGeneratorContext): Component & { readonly finished: Promise<Summary> } {
  const { options, sink, clock, logger, metrics, onProgress } = context
  const { stream, span } = createLolSimulation(options, clock.now())
  const { index, count } = options.shard
  const writer = count === 1 ? 'lol-generator' : `lol-generator-${index}of${count}`
  return createRun({
    name: 'lol-generator',
    stream,
    span,
    speed: options.speed,
    batchRecords: options.batchRecords,
    skip: options.skip,
    sink,
    files: {
      ledger: options.ledger === undefined ? undefined : { folder: options.ledger, writer },
      manifestFile: options.manifestFile,
      refusedFile: options.refusedFile,
      keep: options.skip > 0,
    },
    clock,
    logger,
    metrics,
    isLive: options.start === 'now' && options.speed === 1,
    onProgress,
  })
}

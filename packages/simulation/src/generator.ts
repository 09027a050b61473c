import type { Writable } from 'node:stream'
import type { EventLog } from '@millrace/event-log'
import type { Clock, Component, Logger, ServiceMetrics } from '@millrace/runtime'
import type { DomainSimulation, SimulatedRun } from './domain-simulation.ts'
import { type LineFile, openLineFile } from './line-file.ts'
import { replayFile } from './replay.ts'
import { createRun } from './run.ts'
import type { CommonOptions } from './run-options.ts'
import type { EventSink } from './sink.ts'
import { createSink } from './sinks/create-sink.ts'
import type { Progress, Summary } from './summary.ts'

/** Golden rows that are written at a time. */
const GOLDEN_LINES = 1000

export const generatorName = (domain: string): string => `${domain}-generator`

export interface GeneratorContext<Options extends CommonOptions> {
  readonly simulation: DomainSimulation<Options>
  readonly options: Options
  /** Closed by the generator. */
  readonly sink: EventSink
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: ServiceMetrics
  /** Called at most four times a second. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Generator extends Component {
  /** Resolves with the summary at the end or after `stop`; rejects with a CodedError when the sink or a file cannot go on. */
  readonly finished: Promise<Summary>
  /** See `SimulatedRun.golden`. */
  golden: SimulatedRun['golden']
}

/** The generator of a domain as a component. */
export function createGenerator<Options extends CommonOptions>(context: GeneratorContext<Options>): Generator {
  const { simulation, options, sink, clock, logger, metrics, onProgress } = context
  const name = generatorName(simulation.domain)
  const { stream, span, share, golden } =
    options.replay === undefined
      ? simulation.simulate(options, clock.now())
      : replayFile(options.replay, simulation.topics[0]!, {
          before: options.reference === 'scenario' ? (simulation.reference?.(options) ?? []) : [],
          nowMs: clock.now(),
          ...(simulation.readLine && { readLine: simulation.readLine }),
        })
  const { index, count } = options.shard
  const run = createRun({
    name,
    stream,
    span,
    share,
    speed: options.speed,
    batchRecords: options.batchRecords,
    skip: options.skip,
    sink,
    referenceTopics: new Set(simulation.topics.filter(({ cleanup }) => cleanup === 'compact').map(({ name }) => name)),
    files: {
      ledger:
        options.ledger === undefined
          ? undefined
          : { folder: options.ledger, writer: count === 1 ? name : `${name}-${index}of${count}` },
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
  let file: LineFile | null = null
  let hasStarted = false
  const finished = run.finished.then(
    async summary => {
      await writeGolden(file, golden)
      return summary
    },
    async error => {
      await file?.close()
      throw error
    },
  )
  finished.catch(() => {})
  return {
    name,
    golden,
    finished,
    async start() {
      file =
        options.goldenFile === undefined
          ? null
          : await openLineFile(options.goldenFile, { keep: false }).catch(async error => {
              await sink.close()
              throw error
            })
      await run.start().catch(async error => {
        await file?.close()
        throw error
      })
      hasStarted = true
    },
    async stop() {
      await run.stop()
      if (hasStarted) await finished.catch(() => {})
    },
  }
}

/** Writes the golden answers and closes the file: for each table a line with the number of its rows, and a line for each row. */
async function writeGolden(file: LineFile | null, golden: SimulatedRun['golden']): Promise<void> {
  if (!file) return
  try {
    for (const [table, rows] of Object.entries(golden())) {
      await file.append(`${JSON.stringify({ table, rows: rows.length })}\n`)
      for (let from = 0; from < rows.length; from += GOLDEN_LINES) {
        const lines = rows.slice(from, from + GOLDEN_LINES).map(row => `${JSON.stringify({ table, row })}\n`)
        await file.append(lines.join(''))
      }
    }
  } finally {
    await file.close()
  }
}

/**
 * The generator of a domain with the sink that its options ask for.
 * @throws SimulationError `file_failed`, `read_failed`, or what `openLog` throws
 */
export async function openGenerator<Options extends CommonOptions>({
  openLog,
  ...context
}: Omit<GeneratorContext<Options>, 'sink'> & { readonly openLog: () => EventLog }): Promise<Generator> {
  const sink = await openSink(context.simulation, context.options, { ...context, openLog })
  try {
    return createGenerator({ ...context, sink })
  } catch (error) {
    await sink.close()
    throw error
  }
}

/**
 * Opens the sink that the options ask for.
 * @param openLog opens the log of the sink `kafka`
 * @throws SimulationError `file_failed`, or what `openLog` throws
 */
export async function openSink(
  simulation: DomainSimulation,
  options: CommonOptions,
  context: {
    readonly clock: Clock
    readonly logger: Logger
    readonly openLog: () => EventLog
    readonly stdout?: Writable
  },
): Promise<EventSink> {
  const { clock, logger, openLog, stdout = process.stdout } = context
  let log: EventLog | undefined
  const sink = await createSink(options.sink, {
    clock,
    logger,
    stdout,
    batchRecords: options.batchRecords,
    topics: simulation.topics.map(({ name }) => name),
    keep: options.skip > 0,
    openProducer: () => {
      log = openLog()
      return log.producer({ clientId: generatorName(simulation.domain) })
    },
  })
  return {
    ...sink,
    async close() {
      await sink.close()
      await log?.close()
    },
  }
}

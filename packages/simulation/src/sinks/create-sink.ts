import { parse } from 'node:path'
import type { Writable } from 'node:stream'
import type { LogProducer } from '@millrace/event-log'
import type { Clock, Logger } from '@millrace/runtime'
import type { SinkOptions } from '../run-options.ts'
import type { EventSink } from '../sink.ts'
import { createFileSink } from './file-sink.ts'
import { createGatewaySink } from './gateway-sink.ts'
import { createLogSink } from './log-sink.ts'
import { createStreamSink } from './stream-sink.ts'

export interface SinkContext {
  readonly clock: Clock
  readonly logger: Logger
  /** Where the sink `stdout` writes. */
  readonly stdout: Writable
  /** Opens the log for the sink `kafka`. */
  readonly openProducer: () => Promise<LogProducer>
  /** Most records of one request. */
  readonly batchRecords: number
  /** Topics of the domain, the events first: what people pipe on has events only, never the answers. */
  readonly topics: readonly string[]
  /** True goes on after what an earlier run wrote to a file. */
  readonly keep: boolean
}

/** The sink that the options ask for. @throws SimulationError `file_failed`, or what `openProducer` throws */
export async function createSink(options: SinkOptions, context: SinkContext): Promise<EventSink> {
  const { clock, logger } = context
  switch (options.kind) {
    case 'gateway':
      return createGatewaySink({ ...options, clock, logger, maxRecords: context.batchRecords })
    case 'kafka':
      return createLogSink({ producer: await context.openProducer(), clock, logger })
    case 'file':
      return createFileSink({ pathFor: pathsBeside(options.out, context.topics), keep: context.keep })
    case 'stdout':
      return createStreamSink(context.stdout, { topics: context.topics.slice(0, 1) })
  }
}

/** The first topic goes to `out`, another one beside it: `lol.truth` to `events.truth.ndjson`. */
export function pathsBeside(out: string, topics: readonly string[]): Record<string, string> {
  const { dir, name, ext } = parse(out)
  const beside = (topic: string): string => `${dir === '' ? '' : `${dir}/`}${name}.${topic.split('.').at(-1)}${ext}`
  return Object.fromEntries(topics.map((topic, index) => [topic, index === 0 ? out : beside(topic)]))
}

import { type EventOf, eventTimeOf, type Topic } from '@millrace/contracts'
import type { Logger } from '@millrace/runtime'
import { decodeJson } from './decode-json.ts'
import type { KeyedMetrics } from './keyed-metrics.ts'
import { createKeyedProcessor, type KeyedContext } from './keyed-processor.ts'
import { type DeadLetter, deadLetter, ok } from './step.ts'
import type { Topology } from './topology.ts'

export interface MapOptions<Source extends Topic> {
  /** Consumer group. */
  readonly name: string
  /** Name of the service, for errors and logs. */
  readonly service: string
  readonly source: Source
  readonly target: Topic
  /** How long the ids of events are remembered, so that one that was sent twice is published once, ms of event time. */
  readonly horizonMs: number
  /** Emits what follows from one event; a dead letter for an event that proves to be at fault. */
  readonly map: (event: EventOf<Source>, context: KeyedContext) => DeadLetter | undefined
  readonly logger?: Logger
  readonly metrics?: KeyedMetrics
}

/** source → target, event by event and without state but for the ids of events, which are dropped when they come again. */
export function createMapTopology<Source extends Topic>(options: MapOptions<Source>): Topology {
  const { name, service, source, target, horizonMs, map, logger, metrics } = options
  const decode = decodeJson(source.schema)
  return {
    name,
    topics: [source],
    outputs: [target],
    createProcessor: () =>
      createKeyedProcessor<{ readonly event: EventOf<Source>; readonly timeMs: number }, null>({
        service,
        ...(logger && { logger }),
        ...(metrics && { metrics }),
        allowedLatenessMs: horizonMs,
        horizonMs,
        decode: (record, same) => {
          const decoded = decode(record, same)
          if (decoded.kind !== 'ok') return decoded
          const timeMs = eventTimeOf(source, decoded.value)
          if (timeMs === null) return deadLetter('wrong_field', `no event time (${source.timeText})`)
          return ok({ event: decoded.value as EventOf<Source>, timeMs })
        },
        keyOf: ({ event }) => source.keyOf(event as never),
        eventTimeOf: ({ timeMs }) => timeMs,
        idOf: ({ event }) => String((event as Readonly<Record<string, unknown>>).eventId),
        newState: () => null,
        dependsFrom: () => Number.POSITIVE_INFINITY,
        onRecord: (_, { event }, context) => map(event, context),
      }),
  }
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export { Counter, Gauge, Histogram, Registry }

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Buckets for the time from an event to a hop, seconds. */
export const FRESHNESS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 86_400]

/** The metrics that every service has; names are `millrace_<service>_<thing>_<unit>[_total]`. */
export interface ServiceMetrics {
  readonly registry: Registry
  readonly recordsIn: Counter<'topic'>
  readonly recordsOut: Counter<'topic'>
  readonly recordsFailed: Counter<'reason'>
  readonly recordsExpired: Counter<'topic'>
  readonly batchDuration: Histogram<'topic'>
  /** A service has several consumer groups, and some of them read one topic. */
  readonly lagRecords: Gauge<'group' | 'topic' | 'partition'>
  readonly inFlightBytes: Gauge
  readonly lastProgress: Gauge
  readonly freshness: Histogram<'topic'>
}

/** A registry of its own with the core metrics of `service` (kebab-case) and those of the process. */
export function createServiceMetrics(
  service: string,
  { processMetrics = true }: { processMetrics?: boolean } = {},
): ServiceMetrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (processMetrics) collectDefaultMetrics({ register: registry })
  const prefix = `millrace_${service.replaceAll('-', '_')}`
  const registers = [registry]
  return {
    registry,
    recordsIn: new Counter({
      name: `${prefix}_records_in_total`,
      help: 'Records read',
      labelNames: ['topic'],
      registers,
    }),
    recordsOut: new Counter({
      name: `${prefix}_records_out_total`,
      help: 'Records written and acknowledged',
      labelNames: ['topic'],
      registers,
    }),
    recordsFailed: new Counter({
      name: `${prefix}_records_failed_total`,
      help: 'Records sent to failed-events',
      labelNames: ['reason'],
      registers,
    }),
    recordsExpired: new Counter({
      name: `${prefix}_expired_records_total`,
      help: 'Records that retention took before they were read',
      labelNames: ['topic'],
      registers,
    }),
    batchDuration: new Histogram({
      name: `${prefix}_batch_duration_seconds`,
      help: 'Time to process one batch',
      labelNames: ['topic'],
      buckets: SECONDS,
      registers,
    }),
    lagRecords: new Gauge({
      name: `${prefix}_lag_records`,
      help: 'Records between the committed offset of a group and the end',
      labelNames: ['group', 'topic', 'partition'],
      registers,
    }),
    inFlightBytes: new Gauge({
      name: `${prefix}_in_flight_bytes`,
      help: 'Bytes accepted and not yet finished',
      registers,
    }),
    lastProgress: new Gauge({
      name: `${prefix}_last_progress_seconds`,
      help: 'Unix time of the last finished batch',
      registers,
    }),
    freshness: new Histogram({
      name: `${prefix}_freshness_seconds`,
      help: 'Event time to this hop, for the newest record of each batch',
      labelNames: ['topic'],
      buckets: FRESHNESS_SECONDS,
      registers,
    }),
  }
}

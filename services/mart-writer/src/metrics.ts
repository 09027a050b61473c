import type { Measure } from '@millrace/contracts'
import { Counter, Histogram, type Registry, type ServiceMetrics } from '@millrace/runtime'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What only the mart writer counts, once per batch. */
export interface MartWriterMetrics {
  readonly rowsWritten: Counter<'table'>
  readonly rowsRefused: Counter<'table'>
  readonly rowsExpired: Counter<'table'>
  readonly upsertDuration: Histogram<'table'>
  readonly upsertsFailed: Counter<'table' | 'reason'>
}

/** Adds what events count for to the metrics of a domain's measures. */
export type MeasureCounter = (measure: Measure, counts: ReadonlyMap<string, number>) => void

/** The counters of measures, in a registry. */
export function createMeasureCounter(measures: readonly Measure[], registry: Registry): MeasureCounter {
  const counters = new Map(
    measures.map(measure => {
      const { name, topic, title, label } = measure
      const metric = `millrace_mart_writer_${topic.domain.replaceAll('-', '_')}_${name}_total`
      return [measure, new Counter({ name: metric, help: title, labelNames: [label], registers: [registry] })]
    }),
  )
  return (measure, counts) => {
    for (const [value, count] of counts) counters.get(measure)?.inc({ [measure.label]: value }, count)
  }
}

/** The mart writer's own metrics in the registry of `core`. */
export function createMartWriterMetrics({ registry }: Pick<ServiceMetrics, 'registry'>): MartWriterMetrics {
  const registers = [registry]
  const counter = <const L extends string>(rest: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `millrace_mart_writer_${rest}_total`, help, labelNames: [...labelNames], registers })
  return {
    rowsWritten: counter('rows_written', 'Rows that the mart acknowledged, repetitions included', ['table']),
    rowsRefused: counter('rows_refused', 'Rows whose data the mart refused', ['table']),
    rowsExpired: counter('rows_expired', 'Rows that were not written, because retention had ended for them', ['table']),
    upsertsFailed: counter('upserts_failed', 'Upserts of a batch that failed and are tried again', ['table', 'reason']),
    upsertDuration: new Histogram({
      name: 'millrace_mart_writer_upsert_duration_seconds',
      help: 'Time to write the rows of one batch into one table',
      labelNames: ['table'],
      buckets: SECONDS,
      registers,
    }),
  }
}

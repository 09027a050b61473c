import { Counter, Histogram, type ServiceMetrics } from '@millrace/runtime'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What only the mart writer counts, once per batch. */
export interface MartWriterMetrics {
  readonly rowsWritten: Counter<'table'>
  readonly rowsRefused: Counter<'table'>
  readonly upsertDuration: Histogram<'table'>
  readonly upsertsFailed: Counter<'table' | 'reason'>
}

/** The mart writer's own metrics in the registry of `core`. */
export function createMartWriterMetrics({ registry }: Pick<ServiceMetrics, 'registry'>): MartWriterMetrics {
  const registers = [registry]
  const counter = <const L extends string>(rest: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `millrace_mart_writer_${rest}_total`, help, labelNames: [...labelNames], registers })
  return {
    rowsWritten: counter('rows_written', 'Rows that the mart acknowledged, repetitions included', ['table']),
    rowsRefused: counter('rows_refused', 'Rows whose data the mart refused', ['table']),
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

import { Counter, FRESHNESS_SECONDS, Histogram, type ServiceMetrics } from '@millrace/runtime'

/** Metrics of the archiver alone. */
export interface ArchiverMetrics {
  readonly segments: Counter<'topic' | 'closed_by'>
  readonly rows: Counter<'topic'>
  readonly quarantined: Counter<'topic'>
  readonly bytes: Counter<'topic'>
  readonly gapOffsets: Counter<'topic'>
  readonly lostClaims: Counter<'topic'>
  readonly commitDelay: Histogram<'topic'>
}

const known = new WeakMap<ServiceMetrics, ArchiverMetrics>()

/** The archiver's own metrics in the registry of `core`; every call returns the same ones. */
export function archiverMetrics(core: ServiceMetrics): ArchiverMetrics {
  const found = known.get(core)
  if (found) return found
  const registers = [core.registry]
  const counter = <const L extends string>(rest: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `millrace_lake_archiver_${rest}`, help, labelNames: [...labelNames], registers })
  const metrics: ArchiverMetrics = {
    segments: counter('segments_total', 'Ranges committed by this process, by what closed them', [
      'topic',
      'closed_by',
    ]),
    rows: counter('rows_total', 'Rows put into the lake', ['topic']),
    quarantined: counter('quarantined_rows_total', 'Rows with an implausible event time', ['topic']),
    bytes: counter('file_bytes_total', 'Bytes of data files put into the lake', ['topic']),
    gapOffsets: counter('gap_offsets_total', 'Offsets that retention removed before they were archived', ['topic']),
    lostClaims: counter('lost_claims_total', 'Ranges that another archiver had claimed first', ['topic']),
    commitDelay: new Histogram({
      name: 'millrace_lake_archiver_commit_delay_seconds',
      help: 'Event time of the first record of a range to the range being in the lake',
      labelNames: ['topic'],
      buckets: FRESHNESS_SECONDS,
      registers,
    }),
  }
  known.set(core, metrics)
  return metrics
}

import { Counter, Gauge, type Registry } from '@millrace/runtime'

/** What joins count, one set per service. */
export interface JoinMetrics {
  readonly missing: Counter<'topic'>
  readonly healed: Counter<'topic'>
  /** `too_many`, `too_long` */
  readonly givenUp: Counter<'topic' | 'reason'>
  readonly waiting: Gauge<'topic' | 'partition'>
}

/** Metrics of the joins of `service` (kebab-case) in its registry. */
export function createJoinMetrics(service: string, registry: Registry): JoinMetrics {
  const prefix = `millrace_${service.replaceAll('-', '_')}_join`
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `${prefix}_${name}`, help, labelNames, registers: [registry] })
  return {
    missing: counter('missing_rows_total', 'Records joined without one of their reference rows', ['topic']),
    healed: counter('healed_total', 'Records that were joined again and have every row', ['topic']),
    givenUp: counter('given_up_total', 'Records that no longer wait for a row, by reason', ['topic', 'reason']),
    waiting: new Gauge({
      name: `${prefix}_waiting_records`,
      help: 'Records that wait for a reference row',
      labelNames: ['topic', 'partition'],
      registers: [registry],
    }),
  }
}

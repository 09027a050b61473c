import { Counter, Gauge, type Registry } from '@millrace/runtime'

/** What keyed processors count, one set per service. */
export interface KeyedMetrics {
  readonly late: Counter<'topic'>
  readonly duplicates: Counter<'topic'>
  readonly implausibleTimes: Counter<'topic'>
  readonly refused: Counter<'topic'>
  readonly dropped: Counter<'topic' | 'reason'>
  readonly keys: Gauge<'topic' | 'partition'>
  readonly eventIds: Gauge<'topic' | 'partition'>
  readonly rewind: Gauge<'topic' | 'partition'>
}

/** Metrics of the keyed state of `service` (kebab-case) in its registry. */
export function createKeyedMetrics(service: string, registry: Registry): KeyedMetrics {
  const prefix = `millrace_${service.replaceAll('-', '_')}`
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `${prefix}_${name}`, help, labelNames, registers: [registry] })
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `${prefix}_${name}`, help, labelNames: ['topic', 'partition'], registers: [registry] })
  return {
    late: counter('late_records_total', 'Records that came after the allowed lateness', ['topic']),
    duplicates: counter('duplicate_records_total', 'Records whose event id was seen within the horizon', ['topic']),
    implausibleTimes: counter('implausible_time_records_total', 'Records whose event time is implausible', ['topic']),
    refused: counter('state_refused_records_total', 'Records processed without state: too many keys', ['topic']),
    dropped: counter('dropped_records_total', 'Records that a step dropped, by its reason', ['topic', 'reason']),
    keys: gauge('state_keys', 'Keys with state in memory'),
    eventIds: gauge('state_event_ids', 'Event ids in memory, by which duplicates are known'),
    rewind: gauge('state_rewind_records', 'Records that a restart would read again to rebuild its state'),
  }
}

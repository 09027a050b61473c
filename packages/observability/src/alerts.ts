import type { Alert } from './alert.ts'
import { createSelectors, driftOf, grown } from './selectors.ts'

const { of, every, named } = createSelectors()
const byService = 'sum by (namespace, service)'
const consumed = (window: string): string => `${byService} (rate(${every('records_in_total')}[${window}]))`
const lag = (...matchers: readonly string[]): string => `${byService} (${every('lag_records', ...matchers)})`
/** The archiver holds records back for minutes before it commits them, so it gets more time. */
const archiver = 'service="lake-archiver"'
const secondsBehind = (...matchers: readonly string[]): string => `${lag(...matchers)} / (${consumed('10m')} > 0)`
const refusedRequests = (codes: string): string =>
  `sum by (namespace) (rate(${of('ingest-gateway', 'refusals_total', `code=~"${codes}"`)}[5m]))`
const takenRequests = `sum by (namespace) (rate(${of('ingest-gateway', 'requests_total')}[5m]))`

const featureValues = (by: string): string =>
  `sum by (namespace, ${by}) (increase(${of('anomaly-scorer', 'feature_values_total')}[1h]))`
/** How far the values of a feature of the last hour are from those of the model's honest people: population stability index. */
const featureDrift = driftOf(
  `${featureValues('feature, bin')} / on (namespace, feature) group_left () ${featureValues('feature')}`,
  `max by (namespace, feature, bin) (${of('anomaly-scorer', 'feature_reference_ratio')})`,
  'namespace, feature',
)
/** Values of an hour that are enough to compare. */
const ENOUGH_VALUES = 1000

/** Every alert: few, and each with something to do, which its runbook says. */
export const alerts: readonly Alert[] = [
  {
    name: 'ReconciliationDifference',
    severity: 'critical',
    expr: `sum by (namespace, topic, hop, kind) (${of('reconciler', 'difference_records')}) > 0`,
    for: '5m',
    summary: '{{ $value }} records of {{ $labels.topic }} are {{ $labels.kind }} in hop {{ $labels.hop }}.',
  },
  {
    name: 'ReconciliationStale',
    severity: 'warning',
    expr: `max by (namespace) (${of('reconciler', 'comparison_age_seconds')}) > 1800`,
    for: '5m',
    summary: 'Log, lake and mart have not been compared for half an hour or more: a loss would not be noticed.',
  },
  {
    name: 'ConservationDifference',
    severity: 'critical',
    expr: `sum by (namespace, topic, table) (${of('reconciler', 'conservation_difference_events')}) != 0`,
    // Longer than the default interval of the reconciler: a second comparison agrees.
    for: '15m',
    summary:
      '{{ $labels.table }} differs from {{ $labels.topic }} by {{ $value }} events (above 0: not counted, below 0: counted twice).',
  },
  {
    name: 'RecordsQuarantined',
    severity: 'warning',
    expr: `sum by (namespace, topic) ${grown(of('reconciler', 'quarantined_records_total'), '1h')}`,
    for: '0m',
    summary: '{{ printf "%.0f" $value }} records of {{ $labels.topic }} went to quarantine within an hour.',
  },
  {
    name: 'ErasureUnfinished',
    severity: 'warning',
    expr: `max by (namespace) (${of('reconciler', 'erasures', 'state="begun"')}) > 0`,
    // Longer than the deadline of the command, and than the rewriting of a large lake may take.
    for: '6h',
    summary: '{{ $value }} erasures of people were begun and are not complete.',
  },
  {
    name: 'RecordsExpired',
    severity: 'critical',
    expr: [every('expired_records_total'), of('lake-archiver', 'gap_offsets_total')]
      .map(counter => `sum by (namespace, service, topic) ${grown(counter, '1h')}`)
      .join(' or '),
    for: '0m',
    summary: 'Retention took {{ $value }} records of {{ $labels.topic }} before {{ $labels.service }} had read them.',
  },
  {
    name: 'ConsumerStuck',
    severity: 'critical',
    expr: `${lag()} > 0 unless ${consumed('10m')} > 0`,
    for: '10m',
    summary: '{{ $labels.service }} has read nothing for 20 minutes while {{ $value }} records wait.',
  },
  {
    name: 'DomainStopped',
    severity: 'critical',
    expr: `max by (namespace, service, domain) (${every('stopped_domains')}) > 0`,
    // An error stops a domain for good: waiting does not help.
    for: '0m',
    summary: '{{ $labels.service }} has stopped {{ $labels.domain }} after an error; its other domains go on.',
  },
  {
    name: 'ConsumerFallsBehind',
    severity: 'warning',
    expr: `${secondsBehind(archiver.replace('=', '!='))} > 600 or ${secondsBehind(archiver)} > 1800`,
    for: '15m',
    summary: 'At its present speed {{ $labels.service }} needs {{ $value | humanizeDuration }} for what waits.',
  },
  {
    name: 'LakeNotCommitting',
    severity: 'critical',
    expr:
      `sum by (namespace, topic) (${of('lake-archiver', 'lag_records')}) > 0 ` +
      `unless sum by (namespace, topic) ${grown(of('lake-archiver', 'segments_total'), '20m')} > 0`,
    for: '10m',
    summary: 'Nothing of {{ $labels.topic }} has reached the lake for half an hour while {{ $value }} records wait.',
  },
  {
    name: 'FailedEvents',
    severity: 'warning',
    expr: `${byService} (rate(${every('records_failed_total')}[15m])) / (${consumed('15m')} > 0) > 0.01`,
    for: '10m',
    summary: '{{ $value | humanizePercentage }} of the records of {{ $labels.service }} go to failed-events.',
  },
  {
    name: 'GatewayCannotStore',
    severity: 'critical',
    expr: `${refusedRequests('log_unavailable|log_timeout|topic_missing|failed_event_not_stored|internal_error')} > 0`,
    for: '5m',
    summary: 'The gateway refuses records because it cannot store them.',
  },
  {
    name: 'GatewayOverloaded',
    severity: 'warning',
    expr: `${refusedRequests('overloaded')} / (${takenRequests} > 0) > 0.01`,
    for: '10m',
    summary: 'The gateway refuses {{ $value | humanizePercentage }} of the requests because it is overloaded.',
  },
  {
    name: 'KeyFileBroken',
    severity: 'warning',
    expr: `max by (namespace) (${of('ingest-gateway', 'keys_file_broken')}) > 0`,
    for: '5m',
    summary: 'The file with the API keys cannot be used; the gateway goes on with the last good one.',
  },
  {
    name: 'NotReady',
    severity: 'warning',
    expr: `min by (namespace, service, pod) (${named('millrace_ready')}) < 1`,
    for: '10m',
    summary: '{{ $labels.service }} ({{ $labels.pod }}) has not been ready for 10 minutes.',
  },
  {
    name: 'Restarts',
    severity: 'warning',
    expr:
      `max by (namespace, service, pod) (changes(${named('process_start_time_seconds')}[30m])) >= 3 ` +
      `and on (namespace, service) max_over_time(${named('millrace_ready')}[30m])`,
    for: '0m',
    summary: '{{ $labels.service }} ({{ $labels.pod }}) has restarted {{ $value }} times within half an hour.',
  },
  {
    name: 'FeatureDrift',
    severity: 'warning',
    expr: `${featureDrift} > 0.25 and ${featureValues('feature')} > ${ENOUGH_VALUES}`,
    for: '30m',
    summary:
      'Play has changed: {{ $labels.feature }} differs from what the model knows (stability index {{ $value | humanize }}).',
  },
  {
    name: 'ServiceGone',
    severity: 'critical',
    // Generators come and go as somebody wants load.
    expr:
      `group by (namespace, service) (max_over_time(${named('millrace_ready', 'service!~".+-generator"')}[6h])) ` +
      `unless group by (namespace, service) (${named('millrace_ready')})`,
    for: '10m',
    summary: 'No process of {{ $labels.service }} answers any more.',
  },
  {
    name: 'TooManyKeys',
    severity: 'critical',
    expr: `${byService} ${grown(every('state_refused_records_total'), '15m')}`,
    for: '0m',
    summary: '{{ $labels.service }} has more keys than it may hold; {{ $value }} records were processed without state.',
  },
]

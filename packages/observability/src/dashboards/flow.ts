import { bars, board, lines, number } from '../panels.ts'
import { every, named, of, orNone, orZero, perSecond, quantile } from './queries.ts'

const raw = 'topic=~".+[.]raw"'
const curated = 'topic=~".+[.]curated"'
/** Generators count what the gateway refused, which the gateway has counted. */
const failed = every('records_failed_total', 'service!~".+-generator"')
const lag = (...by: readonly string[]): string => `sum by (${by.join(', ')}) (${every('lag_records')})`

/** Seconds from an event to each hop; `share` of the batches are faster. */
const freshness = (share: number) => [
  { legend: 'accepted', expr: quantile(share, of('ingest-gateway', 'freshness_seconds_bucket', raw)) },
  { legend: 'curated', expr: quantile(share, of('curator', 'freshness_seconds_bucket', raw)) },
  { legend: 'scored', expr: quantile(share, of('anomaly-scorer', 'freshness_seconds_bucket', raw)) },
  { legend: 'in the lake', expr: quantile(share, of('lake-archiver', 'commit_delay_seconds_bucket', raw)) },
  { legend: 'in the mart', expr: quantile(share, of('mart-writer', 'freshness_seconds_bucket', curated)) },
]

/** Accepted → log → lake → mart. */
export const flow = board({
  uid: 'millrace-flow',
  title: 'Flow',
  description:
    'Events on their way from the gateway through the log to lake and mart: how many, how late, and whether any is missing.',
  rows: [
    {
      title: 'Now',
      panels: [
        number({
          title: 'Reconciliation difference',
          description:
            'Records that are missing, double or unexpected in log, lake or mart. Anything but 0 is a broken guarantee.',
          unit: 'short',
          width: 4,
          badFrom: 1,
          queries: [{ legend: 'difference', expr: `sum(${of('reconciler', 'difference_records')})` }],
        }),
        number({
          title: 'Last comparison',
          description: 'Time since log, lake and mart were compared completely.',
          unit: 's',
          width: 4,
          badFrom: 1800,
          decimals: 0,
          queries: [{ legend: 'ago', expr: `max(${of('reconciler', 'comparison_age_seconds')})` }],
        }),
        number({
          title: 'Accepted per second',
          description: 'Records that the gateway has acknowledged, per second.',
          unit: 'short',
          width: 4,
          decimals: 1,
          queries: [{ legend: 'accepted', expr: perSecond(of('ingest-gateway', 'records_out_total')) }],
        }),
        number({
          title: 'Waiting',
          description: 'Records that some consumer has not finished, over all consumers and topics.',
          unit: 'short',
          width: 4,
          queries: [{ legend: 'waiting', expr: `sum(${every('lag_records')})` }],
        }),
        number({
          title: 'Failed per second',
          description: 'Records of all stages that could not be processed, per second.',
          unit: 'short',
          width: 4,
          decimals: 2,
          queries: [{ legend: 'failed', expr: orZero(perSecond(failed)) }],
        }),
        number({
          title: 'Not ready',
          description: 'Processes that say that they are not ready.',
          unit: 'short',
          width: 4,
          badFrom: 1,
          queries: [{ legend: 'not ready', expr: `count(${named('millrace_ready')} == 0) or vector(0)` }],
        }),
      ],
    },
    {
      title: 'Accepted → log → lake → mart',
      panels: [
        lines({
          title: 'Records per second, by hop',
          description: 'Raw records as they pass each hop. The lake moves in steps, because it takes whole ranges.',
          unit: 'short',
          width: 12,
          queries: [
            { legend: 'accepted', expr: perSecond(of('ingest-gateway', 'records_out_total', raw)) },
            { legend: 'curated', expr: perSecond(of('curator', 'records_out_total', curated)) },
            { legend: 'scored', expr: perSecond(of('anomaly-scorer', 'records_in_total', raw)) },
            { legend: 'in the lake', expr: perSecond(of('lake-archiver', 'rows_total', raw)) },
            { legend: 'in the mart', expr: perSecond(of('mart-writer', 'records_in_total', curated)) },
          ],
        }),
        lines({
          title: 'Difference, by kind',
          description:
            'Records that are missing, double or unexpected. Anything but 0 is a broken guarantee; the alert names topic and hop.',
          unit: 'short',
          width: 12,
          badFrom: 1,
          queries: [{ legend: '{{kind}}', expr: `sum by (kind) (${of('reconciler', 'difference_records')})` }],
        }),
        bars({
          title: 'Events compared, by topic and hop',
          description:
            'Distinct events that were new to a comparison and belong into the hop, since the reconciler began.',
          unit: 'short',
          width: 8,
          queries: [
            {
              legend: '{{topic}} {{hop}}',
              expr: `sort_desc(sum by (topic, hop) (${of('reconciler', 'compared_events_total')}))`,
            },
          ],
        }),
        lines({
          title: 'Not compared yet, by topic and hop',
          description: 'Records between what was compared and the end of the log. It falls with each comparison.',
          unit: 'short',
          width: 8,
          queries: [
            { legend: '{{topic}} {{hop}}', expr: `sum by (topic, hop) (${of('reconciler', 'not_compared_records')})` },
          ],
        }),
        lines({
          title: 'Time of a comparison',
          description: 'How long the last complete comparison took.',
          unit: 's',
          width: 8,
          queries: [{ legend: 'comparison', expr: `max(${of('reconciler', 'comparison_duration_seconds')})` }],
        }),
      ],
    },
    {
      title: 'Conservation, quarantine and erasure',
      panels: [
        lines({
          title: 'Conservation difference, by table',
          description:
            'Events that a table of aggregates lacks; below 0: that it has more than once. Late and failed events are counted apart.',
          unit: 'short',
          width: 8,
          queries: [
            {
              legend: '{{table}}',
              expr: orNone(`sum by (table) (${of('reconciler', 'conservation_difference_events')})`, 'table'),
            },
          ],
        }),
        lines({
          title: 'In quarantine, by topic',
          description:
            'Records with an implausible event time, which the lake keeps apart, since the reconciler began.',
          unit: 'short',
          width: 8,
          badFrom: 1,
          queries: [{ legend: '{{topic}}', expr: `sum by (topic) (${of('reconciler', 'quarantined_records_total')})` }],
        }),
        lines({
          title: 'Erasures of people, by state',
          description:
            'Receipts in the lake. One that is begun for long was broken off: the same command completes it.',
          unit: 'short',
          width: 8,
          queries: [{ legend: '{{state}}', expr: `max by (state) (${of('reconciler', 'erasures')})` }],
        }),
      ],
    },
    {
      title: 'Lag and freshness',
      panels: [
        lines({
          title: 'Lag, by consumer and topic',
          description:
            'Records between what is finished and the end of the topic. The archiver collects for minutes before it commits.',
          unit: 'short',
          width: 12,
          queries: [{ legend: '{{service}} {{topic}}', expr: lag('service', 'topic') }],
        }),
        lines({
          title: 'Time to catch up, by consumer',
          description: 'How long a consumer needs for what waits, at its present speed and if nothing else came.',
          unit: 's',
          width: 12,
          queries: [
            {
              legend: '{{service}}',
              expr: `${lag('service')} / (${perSecond(every('records_in_total'), 'service')} > 0)`,
            },
          ],
        }),
        lines({
          title: 'Freshness, median',
          description:
            'From the time of an event to each hop. It includes what the client took to send, and its clock.',
          unit: 's',
          width: 12,
          queries: freshness(0.5),
        }),
        lines({
          title: 'Freshness, slowest 1 %',
          description: 'From the time of an event to each hop: one batch in a hundred is slower.',
          unit: 's',
          width: 12,
          queries: freshness(0.99),
        }),
      ],
    },
    {
      title: 'Sinks',
      panels: [
        lines({
          title: 'Ranges into the lake per second, by topic and cause',
          description:
            'How many ranges were committed per second, and what closed them: age, bytes, rows, hours or a stop.',
          unit: 'short',
          width: 8,
          queries: [
            {
              legend: '{{topic}} by {{closed_by}}',
              expr: perSecond(of('lake-archiver', 'segments_total'), 'topic', 'closed_by'),
            },
          ],
        }),
        lines({
          title: 'Rows into the mart per second, by table',
          description: 'Rows that the mart acknowledged, repetitions included.',
          unit: 'short',
          width: 8,
          stacked: true,
          queries: [{ legend: '{{table}}', expr: perSecond(of('mart-writer', 'rows_written_total'), 'table') }],
        }),
        lines({
          title: 'Time of an upsert, slowest 1 %',
          description: 'Time to write the rows of one batch into one table of the mart.',
          unit: 's',
          width: 8,
          queries: [
            {
              legend: '{{table}}',
              expr: quantile(0.99, of('mart-writer', 'upsert_duration_seconds_bucket'), 'table'),
            },
          ],
        }),
      ],
    },
    {
      title: 'What goes wrong',
      panels: [
        lines({
          title: 'Failed per second, by service and reason',
          description: 'Records that a stage could not process; they are kept with their bytes and can be sent again.',
          unit: 'short',
          width: 8,
          queries: [
            {
              legend: '{{service}} {{reason}}',
              expr: orNone(perSecond(failed, 'service', 'reason'), 'reason'),
            },
          ],
        }),
        lines({
          title: 'Duplicate and late per second, by service',
          description: 'Records that came again with the same id, and records that came after the allowed lateness.',
          unit: 'short',
          width: 8,
          queries: [
            { legend: '{{service}} duplicate', expr: perSecond(every('duplicate_records_total'), 'service') },
            { legend: '{{service}} late', expr: perSecond(every('late_records_total'), 'service') },
          ],
        }),
        lines({
          title: 'Lost to retention, by service',
          description:
            'Records that Kafka deleted before a consumer had read them, since its start. Anything but 0 is a loss for that consumer.',
          unit: 'short',
          width: 8,
          badFrom: 1,
          queries: [
            { legend: '{{service}}', expr: `sum by (service) (${every('expired_records_total')})` },
            { legend: 'gaps in the lake', expr: `sum(${of('lake-archiver', 'gap_offsets_total')})` },
          ],
        }),
      ],
    },
  ],
})

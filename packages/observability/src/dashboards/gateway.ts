import { bars, board, lines, number } from '../panels.ts'
import { named, of, orNone, orZero, perSecond, quantile } from './queries.ts'

const own = (thing: string, ...matchers: readonly string[]): string => of('ingest-gateway', thing, ...matchers)
const duration = own('batch_duration_seconds_bucket')
const failing = 'code=~"5.."'

/** The edge: who sends what, and what they are answered. */
export const gateway = board({
  uid: 'millrace-gateway',
  title: 'Gateway',
  description: 'The edge: who sends what, what they are answered, and how much room there is.',
  rows: [
    {
      title: 'Now',
      panels: [
        number({
          title: 'Requests per second',
          description: 'Answers of any status, per second.',
          unit: 'short',
          width: 4,
          decimals: 1,
          queries: [{ legend: 'requests', expr: perSecond(own('requests_total')) }],
        }),
        number({
          title: 'Answered with 5xx',
          description: 'Share of the requests that could not be served: overload, or Kafka is away.',
          unit: 'percentunit',
          width: 4,
          decimals: 2,
          badFrom: 0.01,
          queries: [
            {
              legend: '5xx',
              expr: `(${orZero(perSecond(own('requests_total', failing)))}) / (${perSecond(own('requests_total'))} > 0)`,
            },
          ],
        }),
        number({
          title: 'Time to answer, slowest 1 %',
          description: 'From the headers to the acknowledgement by Kafka.',
          unit: 's',
          width: 4,
          decimals: 0,
          queries: [{ legend: '99 %', expr: quantile(0.99, duration) }],
        }),
        number({
          title: 'Room taken',
          description: 'Bytes under way, of the most that a gateway takes. At 90 % it is no longer ready.',
          unit: 'percentunit',
          width: 4,
          decimals: 1,
          badFrom: 0.9,
          queries: [{ legend: 'taken', expr: `max(${own('in_flight_bytes')} / ${own('in_flight_limit_bytes')})` }],
        }),
        number({
          title: 'Connections',
          description: 'Open client connections of all gateways.',
          unit: 'short',
          width: 4,
          queries: [{ legend: 'connections', expr: `sum(${own('connections')})` }],
        }),
        number({
          title: 'Ready gateways',
          description: 'Gateways that take requests.',
          unit: 'short',
          width: 4,
          queries: [{ legend: 'ready', expr: `sum(${named('millrace_ready', 'service="ingest-gateway"')})` }],
        }),
      ],
    },
    {
      title: 'Answers',
      panels: [
        lines({
          title: 'Requests per second, by status',
          description:
            '2xx: every record is stored. 207: some are. 4xx: the client must change something. 503: it may send again.',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [{ legend: '{{code}}', expr: perSecond(own('requests_total'), 'code') }],
        }),
        lines({
          title: 'Records per second, by topic',
          description: 'Records that were acknowledged.',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [{ legend: '{{topic}}', expr: perSecond(own('records_out_total'), 'topic') }],
        }),
        lines({
          title: 'Refused records per second, by code',
          description: 'Single records that were not accepted; the codes are in the reference of errors.',
          unit: 'short',
          width: 12,
          queries: [
            { legend: '{{code}}', expr: orNone(perSecond(own('refusals_total', 'of="record"'), 'code'), 'code') },
          ],
        }),
        lines({
          title: 'Refused requests per second, by code',
          description: 'Whole requests that were not accepted: keys, quotas, sizes, overload.',
          unit: 'short',
          width: 12,
          queries: [
            { legend: '{{code}}', expr: orNone(perSecond(own('refusals_total', 'of="request"'), 'code'), 'code') },
          ],
        }),
      ],
    },
    {
      title: 'Speed and room',
      panels: [
        lines({
          title: 'Time to answer',
          description:
            'From the headers of a request to its answer, which is after the acknowledgement by all replicas.',
          unit: 's',
          width: 8,
          queries: [0.5, 0.9, 0.99].map(share => ({ legend: `${share * 100} %`, expr: quantile(share, duration) })),
        }),
        lines({
          title: 'Room taken, by gateway',
          description:
            'Bytes that are received and not yet answered, of the most that is taken. At 90 % a gateway is no longer ready.',
          unit: 'percentunit',
          width: 8,
          badFrom: 0.9,
          queries: [
            {
              legend: '{{pod}}',
              expr: `sum by (pod) (${own('in_flight_bytes')}) / sum by (pod) (${own('in_flight_limit_bytes')})`,
            },
          ],
        }),
        lines({
          title: 'Bodies, bytes per second',
          description: 'After decompression.',
          unit: 'Bps',
          width: 8,
          queries: [{ legend: 'bodies', expr: perSecond(own('body_bytes_total')) }],
        }),
      ],
    },
    {
      title: 'Keys and connections',
      panels: [
        bars({
          title: 'Records per second, by API key',
          description: 'By the id of the key, the part between the underscores; `millrace keys list` says whose it is.',
          unit: 'short',
          width: 8,
          queries: [{ legend: '{{key}}', expr: `sort_desc(topk(20, ${perSecond(own('key_records_total'), 'key')}))` }],
        }),
        lines({
          title: 'Refused for the quota per second, by API key',
          description: 'Requests per second that were answered with 429.',
          unit: 'short',
          width: 8,
          queries: [{ legend: '{{key}}', expr: perSecond(own('quota_refusals_total'), 'key') }],
        }),
        lines({
          title: 'Connections',
          description: 'Open connections, and those that were dropped because there were too many, per second.',
          unit: 'short',
          width: 8,
          queries: [
            { legend: 'open', expr: `sum(${own('connections')})` },
            { legend: 'dropped per second', expr: perSecond(own('connections_dropped_total')) },
          ],
        }),
      ],
    },
  ],
})

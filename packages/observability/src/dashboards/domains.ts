import { type DomainContract, type Measure, OTHER_VALUE } from '@millrace/contracts'
import { allDomains } from '@millrace/domains/contracts'
import { board, lines, type Panel } from '../panels.ts'
import { every, of, perSecond, quantile } from './queries.ts'

/** The kinds of freshness that a domain has, by the services that its events pass. */
const HOPS = [
  { service: 'ingest-gateway', metric: 'freshness_seconds_bucket', legend: 'accepted' },
  { service: 'curator', metric: 'freshness_seconds_bucket', legend: 'curated' },
  { service: 'anomaly-scorer', metric: 'freshness_seconds_bucket', legend: 'scored' },
  { service: 'profiler', metric: 'freshness_seconds_bucket', legend: 'profiled' },
  { service: 'aggregator', metric: 'freshness_seconds_bucket', legend: 'aggregated' },
  { service: 'lake-archiver', metric: 'commit_delay_seconds_bucket', legend: 'in the lake' },
] as const

/** Services that read every raw topic, and those that make something of the raw topic of a domain. */
const readersOf = ({ name, topics }: DomainContract): readonly string[] => [
  'ingest-gateway',
  'lake-archiver',
  ...Object.values(topics).flatMap(({ derivedFrom }) =>
    derivedFrom?.topic.name === `${name}.raw` ? [derivedFrom.by] : [],
  ),
]

const measurePanel = ({ name, topic, title, description, label, values }: Measure, width: number): Panel => {
  const counter = of('mart-writer', `${topic.domain.replaceAll('-', '_')}_${name}_total`)
  return lines({
    ...{ title: `${topic.domain}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`, width, stacked: true },
    description: `${description} Counted as the mart stores them, repetitions included${values.length > 1 ? `; others are ${OTHER_VALUE}` : ''}.`,
    unit: name.endsWith('_bytes') ? 'Bps' : 'short',
    queries: [{ legend: `{{${label}}}`, expr: perSecond(counter, label) }],
  })
}

function rowOf(domain: DomainContract): { readonly title: string; readonly panels: readonly Panel[] } {
  const { name, title, topics, measures } = domain
  const raw = `topic="${name}.raw"`
  const own = Object.values(topics).map(topic => topic.name)
  const topic = `topic=~"${own.map(each => each.replace('.', '[.]')).join('|')}"`
  const readers = readersOf(domain)
  const width = measures.length === 0 ? 24 : 24 / Math.min(measures.length, 4)
  return {
    title,
    panels: [
      lines({
        title: `${name}: records per second, by topic`,
        description: 'Records that were stored in the topics of the domain: what came in, and what was made of it.',
        unit: 'short',
        width: 8,
        queries: [
          {
            legend: '{{topic}}',
            expr: perSecond(every('records_out_total', topic, 'service!~".+-generator"'), 'topic'),
          },
        ],
      }),
      lines({
        title: `${name}: freshness, slowest 1 %`,
        description: 'From the time of a raw event to each hop; one batch in a hundred is slower.',
        unit: 's',
        width: 8,
        queries: HOPS.filter(({ service }) => readers.includes(service)).map(({ service, metric, legend }) => ({
          legend,
          expr: quantile(0.99, of(service, metric, raw)),
        })),
      }),
      lines({
        title: `${name}: lag, by consumer`,
        description: 'Records of the domain that a consumer has not finished.',
        unit: 'short',
        width: 8,
        queries: [{ legend: '{{service}}', expr: `sum by (service) (${every('lag_records', topic)})` }],
      }),
      ...measures.map(measure => measurePanel(measure, width)),
    ],
  }
}

/** One row a domain: what its events tell, how fresh they are, and what waits. */
export const domains = board({
  uid: 'millrace-domains',
  title: 'Domains',
  description: 'A row for each domain: its topics, how fresh its events are, what waits, and what is counted of them.',
  rows: allDomains.map(rowOf),
})

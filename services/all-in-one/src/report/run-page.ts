import type { Catalog } from '@millrace/contracts'
import type { ReconcileReport, TopicReport } from '@millrace/reconciler'
import { hasEvents, reportColumns } from '@millrace/reconciler'
import type { Block, FlowStep, Page, Section } from '@millrace/report'
import { writeInstant } from '@millrace/report/figure'
import type { Summary } from '@millrace/simulation'
import { type GoldenComparison, goldenColumns, isGoldenRight } from '../golden-check.ts'
import type { DomainPart } from './domain-parts.ts'

const DAY_MS = 86_400_000

/** What is known of a run. */
export interface RunResult {
  readonly catalog: Catalog
  readonly reconciliation: ReconcileReport
  readonly domains: readonly DomainPart[]
  /** Null where no golden answers are known. */
  readonly golden: GoldenComparison | null
  /** What generators sent; null where it is not known. */
  readonly generated: Readonly<Record<string, Summary>> | null
}

const number = (count: number): string => count.toLocaleString('en-US')
const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** The sum of what is known; null where nothing is. */
function sumOf(counts: readonly (number | null)[]): number | null {
  const known = counts.filter(count => count !== null)
  return known.length === 0 ? null : sum(known)
}

function countsOf({ catalog, reconciliation }: RunResult) {
  const topics = Object.entries(reconciliation.topics)
  const of = (pick: (counts: TopicReport) => number | null, isWanted: (name: string) => boolean = () => true): number =>
    sum(topics.filter(([name]) => isWanted(name)).map(([, counts]) => pick(counts) ?? 0))
  const isSent = (name: string): boolean => catalog.find(name)?.derivedFrom === null
  return {
    accepted: topics.some(([, { accepted }]) => accepted !== null) ? of(({ accepted }) => accepted) : null,
    sent: of(({ log }) => log, isSent),
    derived: of(
      ({ log }) => log,
      name => !isSent(name),
    ),
    lake: of(({ lake }) => lake),
    mart: of(({ mart }) => mart),
    failed: of(({ failed }) => failed),
    ofDomain: (domain: string): number =>
      of(
        ({ log }) => log,
        name => isSent(name) && catalog.find(name)?.domain === domain,
      ),
  }
}

type Counts = ReturnType<typeof countsOf>

/** From the generators to the stores: those steps of which something is known. */
function flowOf({ generated, reconciliation }: RunResult, counts: Counts): readonly FlowStep[] {
  const summaries = generated === null ? [] : Object.values(generated)
  return [
    ...(generated === null
      ? []
      : [
          {
            name: counted(summaries.length, 'generator'),
            counts: [`${number(sum(summaries.map(({ emitted }) => emitted)))} records sent`],
          },
        ]),
    {
      name: 'Gateway',
      counts: [
        ...(counts.accepted === null ? [] : [`${number(counts.accepted)} events acknowledged`]),
        `${number(reconciliation.refused)} refused and kept`,
      ],
    },
    { name: 'Log', counts: [`${number(counts.sent)} events sent`, `${number(counts.derived)} derived`] },
    {
      name: 'Lake, mart and failed events',
      counts: [
        `${number(counts.lake)} events in the lake`,
        `${number(counts.mart)} events with all their rows in the mart`,
        `${number(counts.failed)} dead-lettered`,
      ],
    },
  ]
}

function flowSection(result: RunResult, counts: Counts): Section {
  const { reconciliation, catalog } = result
  const topics = Object.entries(reconciliation.topics).filter(([, topic]) => hasEvents(topic))
  const caption = 'Distinct events by'
  const columns = reportColumns(reconciliation)
  const byTopic = {
    caption: `${caption} topic and place`,
    columns: ['topic', ...columns],
    rows: topics.map(([topic, values]) => [topic, ...columns.map(column => values[column])]),
  }
  const ofDomain = columns.filter(column => column !== 'derived')
  const byDomain = {
    caption: `${caption} domain and place, derived events included`,
    columns: ['domain', ...ofDomain],
    rows: catalog.domains.map(({ name }) => {
      const own = topics.filter(([topic]) => catalog.find(topic)?.domain === name).map(([, values]) => values)
      return [name, ...ofDomain.map(column => sumOf(own.map(values => values[column])))]
    }),
  }
  return {
    title: 'Flow',
    blocks: [
      { kind: 'flow', steps: flowOf(result, counts) },
      ...(counts.accepted === null
        ? [text('How many events the gateway acknowledged is not known here: no ledger of a sender was given.')]
        : []),
      { kind: 'table', table: byDomain },
      { kind: 'table', isFolded: true, table: byTopic },
    ],
  }
}

const text = (content: string): Block => ({ kind: 'text', text: content })

function reconciliationSection({ reconciliation }: RunResult): Section {
  const { ok, examples, digest, conservation, topics, erasures } = reconciliation
  const missing = sum(Object.values(topics).map(topic => topic.missing))
  const duplicate = sum(Object.values(topics).map(topic => topic.duplicate))
  const rules = Object.entries(conservation)
  return {
    title: 'Reconciliation and conservation',
    blocks: [
      {
        kind: 'verdict',
        isGood: ok,
        text: ok
          ? 'No missing and no duplicate events.'
          : `The stores differ: ${number(missing)} missing, ${number(duplicate)} duplicate events.`,
        examples,
      },
      text(
        'Event by event, the log is compared with what senders know to be acknowledged, with the lake and with the mart. Conservation: the events that the rows of an aggregate hold, the late and the failed ones are together the events of the topic.',
      ),
      ...(rules.length === 0
        ? []
        : [
            {
              kind: 'table',
              table: {
                caption: 'Events in aggregates',
                columns: ['topic', 'events', 'counted', 'late', 'failed', 'difference'],
                rows: rules.map(([topic, { source, counted, late, failed, difference }]) => [
                  topic,
                  ...[source, counted, late, failed],
                  difference ?? 'not compared: retention removed records',
                ]),
              },
            } satisfies Block,
          ]),
      ...(erasures.complete + erasures.begun === 0
        ? []
        : [
            text(
              `Erasures of people: ${number(erasures.complete)} complete, ${number(erasures.begun)} broken off. Their records (erased) are neither in the lake nor in tables of people.`,
            ),
          ]),
      text(`Digest of the run: ${digest}`),
    ],
  }
}

function goldenSection({ golden }: RunResult): Section {
  const title = 'Golden answers'
  const tables = Object.entries(golden?.tables ?? {})
  if (golden === null || tables.length === 0)
    return {
      title,
      blocks: [text('No golden answers are known for this data, so the derived tables are not compared.')],
    }
  const isRight = isGoldenRight(golden.tables)
  const columns = goldenColumns(golden.tables)
  const different = sum(tables.map(([, table]) => table.different))
  const matching = sum(tables.map(([, table]) => table.matching))
  return {
    title,
    blocks: [
      {
        kind: 'verdict',
        isGood: isRight,
        text: isRight
          ? `All ${number(matching)} rows of ${counted(tables.length, 'derived table')} are as the simulation knows them from what it sent.`
          : `${number(different)} rows differ from what the simulation knows from what it sent.`,
        examples: golden.examples,
      },
      {
        kind: 'table',
        isFolded: isRight,
        table: {
          caption: 'Derived tables against the golden answers of the simulation',
          columns: ['table', ...columns],
          rows: tables.map(([table, report]) => [table, ...columns.map(column => report[column])]),
        },
      },
    ],
  }
}

function domainSection({ name, title, span, report, pictures }: DomainPart, counts: Counts): Section {
  const heading = `${name}: ${title}`
  if (span === null) return { title: heading, isNarrow: true, blocks: [text('No event of this domain has arrived.')] }
  const events = `${counted(counts.ofDomain(name), 'event')} from ${writeInstant(span.fromMs)} to ${writeInstant(span.toMs)}.`
  const isLong = span.toMs - span.fromMs > DAY_MS
  return {
    title: heading,
    isNarrow: true,
    blocks: [
      text(isLong ? `${events} The pictures show the last 24 hours.` : events),
      ...(report
        ? [
            text(report.lines.map(line => line.trim()).join(': ')),
            tiles(report.facts),
            ...report.tables.map((table): Block => ({ kind: 'table', table })),
          ]
        : []),
      ...pictures.map(
        (picture): Block =>
          'figure' in picture ? { kind: 'figure', figure: picture.figure } : text(`${picture.title}: ${picture.why}`),
      ),
    ],
  }
}

const tiles = (list: readonly { readonly label: string; readonly value: string }[]): Block => ({
  kind: 'tiles',
  tiles: list,
})

/** The page of a run: what went in, where it is, whether it is all there and right, and a picture of each domain. */
export function makeRunPage(result: RunResult): Page {
  const { domains, reconciliation, golden } = result
  const counts = countsOf(result)
  const spans = domains.flatMap(({ span }) => (span ? [span] : []))
  const problems = sum(Object.values(reconciliation.topics).map(({ missing, duplicate }) => missing + duplicate))
  const title = 'Report of a Millrace run'
  if (counts.sent === 0)
    return {
      title,
      lead: 'The run is empty: the log has no event of any domain.',
      blocks: [],
      sections: [reconciliationSection(result)],
    }
  const from = Math.min(...spans.map(({ fromMs }) => fromMs))
  const to = Math.max(...spans.map(({ toMs }) => toMs))
  const when = spans.length === 0 ? '' : `, with event times from ${writeInstant(from)} to ${writeInstant(to)}`
  const rows = Object.values(golden?.tables ?? {})
  return {
    title,
    lead: `${counted(counts.sent, 'event')} of ${counted(spans.length, 'domain')}${when}.`,
    blocks: [
      tiles([
        { label: 'domains', value: number(spans.length) },
        { label: 'events', value: number(counts.sent) },
        { label: 'derived events', value: number(counts.derived) },
        { label: 'missing or duplicate', value: number(problems) },
        ...(rows.length === 0
          ? []
          : [
              {
                label: 'golden rows matched',
                value: `${number(sum(rows.map(({ matching }) => matching)))} of ${number(sum(rows.map(({ expected, expired, erased }) => expected - expired - erased)))}`,
              },
            ]),
        ...domains.flatMap(({ report }) => report?.facts.slice(0, 3) ?? []),
      ]),
    ],
    sections: [
      flowSection(result, counts),
      reconciliationSection(result),
      goldenSection(result),
      ...domains.map(part => domainSection(part, counts)),
    ],
  }
}

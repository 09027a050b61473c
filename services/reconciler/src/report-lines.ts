import type { ConservationReport, ReconcileReport, TopicReport } from './report.ts'

const COLUMNS = [
  'accepted',
  'log',
  'lake',
  'derived',
  'mart',
  'failed',
  'expired',
  'erased',
  'quarantined',
  'missing',
  'duplicate',
  'repeats',
] as const

const REPEATS =
  '  repeats: records of an event id that the topic has already, because a sender sent it again. The lake has a row for each; take one for each id.'

const format = (count: number | null): string => count?.toLocaleString('en-US') ?? '-'
/** Whether any count of a topic is above 0. */
export const hasEvents = (counts: TopicReport): boolean =>
  Object.values(counts).some(count => count !== null && count > 0)

function conservationLine(
  topic: string,
  { source, counted, late, failed, expired, difference }: ConservationReport,
): string {
  const line = `${topic}: ${format(source)} events = ${format(counted)} counted + ${format(late)} late + ${format(failed)} failed${expired > 0 ? `, up to ${format(expired)} expired` : ''}`
  if (difference === null) return `  ${line}, not compared: retention removed records`
  if (difference !== 0) return `  ! ${line}, difference ${format(difference)}`
  const copies = counted + late + failed - source
  return copies <= 0 ? `  ${line}` : `  ${line}, ${format(copies)} of them copies or newer than the comparison`
}

/** Columns of what only some stores have: expired events where the mart has a retention, erased records where people were erased. */
const RARE: ReadonlySet<string> = new Set(['expired', 'erased'] satisfies (typeof COLUMNS)[number][])

/** The counts of topics that reports show, in this order; rare ones only where there are any. */
export const reportColumns = ({ topics }: Pick<ReconcileReport, 'topics'>) =>
  COLUMNS.filter(column => !RARE.has(column) || Object.values(topics).some(counts => counts[column]))

function erasedLines({ erasures: { complete, begun } }: ReconcileReport): string[] {
  return [
    ...(complete + begun > 0 ? [`  erasures of people: ${format(complete + begun)}`] : []),
    ...(begun > 0
      ? [`  ${format(begun)} erasures were broken off: run "millrace erase" of the same people again to complete them`]
      : []),
  ]
}

/** A report for people: a heading, one line per topic that has events, what is wrong, and the verdict. */
export function reportLines(report: ReconcileReport): string[] {
  const topics = Object.entries(report.topics)
  const columns = reportColumns(report)
  const rows = topics
    .filter(([, counts]) => hasEvents(counts))
    .map(([topic, counts]) => [topic, ...columns.map(column => format(counts[column]))])
  const table = [['topic', ...columns], ...rows]
  const widths = table[0]!.map((_, index) => Math.max(...table.map(row => row[index]!.length)))
  const conservation = Object.entries(report.conservation)
  return [
    'Distinct events by topic and place',
    ...table.map(
      row =>
        `  ${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!))).join('  ')}`,
    ),
    ...(Object.values(report.topics).some(({ repeats }) => (repeats ?? 0) > 0) ? [REPEATS] : []),
    ...(conservation.length > 0 ? ['Events in aggregates'] : []),
    ...conservation.map(([topic, counts]) => conservationLine(topic, counts)),
    `  refused by the gateway: ${report.refused}`,
    ...erasedLines(report),
    ...report.examples.map(example => `  ! ${example}`),
    report.ok ? 'No missing and no duplicate events.' : 'THE STORES DIFFER: see the lines with "!" above.',
    `digest ${report.digest}`,
  ]
}

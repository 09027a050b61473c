import type { ReconcileReport } from './report.ts'

const COLUMNS = ['accepted', 'log', 'lake', 'derived', 'mart', 'failed', 'quarantined', 'missing', 'duplicate'] as const

const conservationLines = ({ conservation }: ReconcileReport): string[] =>
  Object.entries(conservation).map(
    ([topic, { source, counted, late, failed, difference }]) =>
      `  aggregates of ${topic}: ${source.toLocaleString('en-US')} events = ${counted.toLocaleString('en-US')} counted + ${late} late + ${failed} failed, difference ${difference}`,
  )

/** A report for people: a heading, one line per topic, what is wrong, and the verdict. */
export function reportLines(report: ReconcileReport): string[] {
  const rows = Object.entries(report.topics).map(([topic, counts]) => [
    topic,
    ...COLUMNS.map(column => counts[column]?.toLocaleString('en-US') ?? '-'),
  ])
  const table = [['topic', ...COLUMNS], ...rows]
  const widths = table[0]!.map((_, index) => Math.max(...table.map(row => row[index]!.length)))
  return [
    'Distinct events, by where they are',
    ...table.map(
      row =>
        `  ${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!))).join('  ')}`,
    ),
    `  refused by the gateway: ${report.refused}`,
    ...conservationLines(report),
    ...report.examples.map(example => `  ! ${example}`),
    report.ok ? 'No missing and no duplicate events.' : 'THE STORES DIFFER: see the lines with "!" above.',
    `digest ${report.digest}`,
    ...Object.entries(report.digests).map(([domain, digest]) => `  ${domain} ${digest}`),
  ]
}

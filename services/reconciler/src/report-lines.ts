import type { ReconcileReport } from './report.ts'

const COLUMNS = ['accepted', 'log', 'lake', 'mart', 'failed', 'missing', 'duplicate'] as const

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
    ...report.examples.map(example => `  ! ${example}`),
    report.ok ? 'Nothing is missing and nothing is double.' : 'THE STORES DIFFER: see the lines with "!" above.',
    `digest ${report.digest}`,
  ]
}

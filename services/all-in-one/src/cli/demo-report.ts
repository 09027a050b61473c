import { type ReconcileReport, reportLines } from '@millrace/reconciler'
import { shellWord } from '@millrace/runtime'
import { type DemoResult, goldenOf, isRight, ledgerOf } from '../demo.ts'
import { type GoldenComparison, goldenColumns } from '../golden-check.ts'
import { printableLine } from './printable.ts'
import { formatTable, type Terminal } from './terminal.ts'

/** The reconciliation as a table and a verdict. */
export function printReconciliation(terminal: Terminal, report: ReconcileReport): void {
  const [heading, ...lines] = reportLines(report)
  terminal.heading(heading!)
  for (const line of lines) terminal.print(line)
}

/** Mart tables and how they compare with the golden answers; nothing where there are none. */
export function printGolden(terminal: Terminal, { tables, examples }: GoldenComparison): void {
  if (Object.keys(tables).length === 0) return
  terminal.heading('Derived tables against the golden answers of the simulation')
  const columns = goldenColumns(tables)
  const rows = Object.entries(tables).map(([table, report]) => [table, ...columns.map(column => report[column])])
  for (const line of formatTable(['table', ...columns], rows)) terminal.print(`  ${line}`)
  for (const example of examples) terminal.print(`  ${printableLine(example)}`)
  terminal.print('')
}

/** How the stores of a finished run are reached by other commands; null where its servers are gone. */
export type StoreChoice = { readonly option: string } | null

/** What was said to the run. */
interface RunFlags {
  readonly choice: StoreChoice
  readonly directory: string
  /** The page of the run. */
  readonly page: string
  readonly report: string | undefined
  readonly martRetention: string | undefined
}

/** The last screen of the demo. */
export function printDemo(
  terminal: Terminal,
  result: DemoResult,
  { choice, directory, page, report, martRetention }: RunFlags,
): void {
  const { golden, locations, reconciliation, reports, views } = result
  terminal.print('')
  printReconciliation(terminal, reconciliation)
  terminal.print('')
  printGolden(terminal, golden)
  for (const { lines, tables } of reports) {
    const [heading, ...rest] = lines
    terminal.heading(heading!)
    for (const line of rest) terminal.print(line)
    for (const { caption, columns, rows } of tables) {
      terminal.print(`  ${caption}:`)
      for (const line of formatTable(columns, rows)) terminal.print(`  ${line}`)
    }
    terminal.print('')
  }
  terminal.heading('Look at it')
  const stores: [string, string][] = choice
    ? [
        ...views.map(({ name, command }): [string, string] => [name, `${MILLRACE} ${command} ${choice.option}`]),
        ['topics', `${MILLRACE} topics list ${choice.option}`],
        ['again', `${MILLRACE} reconcile ${choice.option} ${againOptions(directory, martRetention)}`],
        ['log', locations.log],
        ['lake', locations.lake],
        ['mart', locations.mart],
      ]
    : []
  if (!choice) terminal.print('  The servers of this run are stopped; with --keep they stay, to look around.')
  stores.push(['ledger', ledgerOf(directory)], ['page', page])
  if (report !== undefined) stores.push(['report', report])
  const width = Math.max(...stores.map(([name]) => name.length))
  for (const [name, text] of stores) terminal.print(`  ${name.padEnd(width)}  ${text}`)
}

const MILLRACE = 'npm run millrace --'
const againOptions = (directory: string, martRetention: string | undefined): string =>
  [
    `--ledger ${shellWord(ledgerOf(directory))} --golden ${shellWord(goldenOf(directory))}`,
    ...(martRetention === undefined ? [] : [`--mart-retention ${shellWord(martRetention)}`]),
  ].join(' ')

/** The report that `--report` writes. */
export function demoReportJson(result: DemoResult, seed: string): string {
  const { reconciliation, golden, reports, generated, locations } = result
  const { ok: _ok, examples, ...comparison } = reconciliation
  const report = {
    seed,
    ...comparison,
    golden: golden.tables,
    ...Object.fromEntries(reports.map(({ key, json }) => [key, json])),
    generated,
    ok: isRight(result),
    examples: [...examples, ...golden.examples],
    locations,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

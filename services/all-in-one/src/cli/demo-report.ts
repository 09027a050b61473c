import { type ReconcileReport, reportLines } from '@millrace/reconciler'
import { shellWord } from '@millrace/runtime'
import { type DemoResult, goldenOf, isRight, ledgerOf } from '../demo.ts'
import type { GoldenComparison } from '../golden-check.ts'
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
  const rows = Object.entries(tables).map(([table, { expected, matching, different }]) => [
    ...[table, expected, matching, different],
  ])
  for (const line of formatTable(['table', 'expected', 'matching', 'different'], rows)) terminal.print(`  ${line}`)
  for (const example of examples) terminal.print(`  ${printableLine(example)}`)
  terminal.print('')
}

/** How the stores of a finished run are reached by other commands; null where its servers are gone. */
export type StoreChoice = { readonly option: string } | null

/** The last screen of the demo. */
export function printDemo(
  terminal: Terminal,
  result: DemoResult,
  { choice, directory, report }: { choice: StoreChoice; directory: string; report: string | undefined },
): void {
  const { golden, goldenExamples, locations, reconciliation, reports, views } = result
  terminal.print('')
  printReconciliation(terminal, reconciliation)
  terminal.print('')
  printGolden(terminal, { tables: golden, examples: goldenExamples })
  for (const { lines } of reports) {
    const [heading, ...rest] = lines
    terminal.heading(heading!)
    for (const line of rest) terminal.print(line)
    terminal.print('')
  }
  terminal.heading('Look at it')
  if (choice) {
    const command = 'npm run millrace --'
    for (const view of views) terminal.print(`  ${view.name.padEnd(6)}  ${command} ${view.command} ${choice.option}`)
    terminal.print(`  topics  ${command} topics list ${choice.option}`)
    terminal.print(
      `  again   ${command} reconcile ${choice.option} --ledger ${shellWord(ledgerOf(directory))} --golden ${shellWord(goldenOf(directory))}`,
    )
    terminal.print(`  log     ${locations.log}`)
    terminal.print(`  lake    ${locations.lake}`)
    terminal.print(`  mart    ${locations.mart}`)
  } else terminal.print('  The servers of this run are stopped; with --keep they stay, to look around.')
  terminal.print(`  ledger  ${ledgerOf(directory)}`)
  if (report !== undefined) terminal.print(`  report  ${report}`)
}

/** The report that `--report` writes. */
export function demoReportJson(result: DemoResult, seed: string): string {
  const { reconciliation, golden, goldenExamples, reports, generated, locations } = result
  const { ok: _ok, examples, ...comparison } = reconciliation
  const report = {
    seed,
    ...comparison,
    golden,
    ...Object.fromEntries(reports.map(({ key, json }) => [key, json])),
    generated,
    ok: isRight(result),
    examples: [...examples, ...goldenExamples],
    locations,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

import { type ReconcileReport, reportLines } from '@millrace/reconciler'
import { type DemoResult, ledgerOf } from '../demo.ts'
import type { Terminal } from './terminal.ts'

/** The reconciliation as a table and a verdict. */
export function printReconciliation(terminal: Terminal, report: ReconcileReport): void {
  const [heading, ...lines] = reportLines(report)
  terminal.print(terminal.bold(heading!))
  for (const line of lines) terminal.print(line)
}

const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(0)} %`)

/** How the stores of a finished run are reached by other commands; null where its servers are gone. */
export type StoreChoice = { readonly option: string } | null

/** The last screen of the demo. */
export function printDemo(
  terminal: Terminal,
  result: DemoResult,
  { choice, directory, report }: { choice: StoreChoice; directory: string; report: string | undefined },
): void {
  const { detection, locations, reconciliation } = result
  terminal.print('')
  printReconciliation(terminal, reconciliation)
  terminal.print('')
  terminal.print(terminal.bold('Alerts against the truth, per player and match'))
  terminal.print(
    `  ${detection.alerts} alerts; ${detection.truePositives} of ${detection.cheating} cheating player-matches found (recall ${percent(detection.recall)}), ` +
      `${detection.falsePositives} of ${detection.playerMatches - detection.cheating} honest ones accused (precision ${percent(detection.precision)})`,
  )
  terminal.print('')
  terminal.print(terminal.bold('Look at it'))
  if (choice) {
    const command = 'npm run millrace --'
    terminal.print(`  alerts  ${command} alerts ${choice.option}`)
    terminal.print(`  topics  ${command} topics list ${choice.option}`)
    terminal.print(`  again   ${command} reconcile ${choice.option} --ledger ${ledgerOf(directory)}`)
    terminal.print(`  log     ${locations.log}`)
    terminal.print(`  lake    ${locations.lake}`)
    terminal.print(`  mart    ${locations.mart}`)
  } else terminal.print('  The servers of this run are stopped; with --keep they stay, to look around.')
  terminal.print(`  ledger  ${ledgerOf(directory)}`)
  if (report !== undefined) terminal.print(`  report  ${report}`)
}

/** The report that `--report` writes. */
export const demoReportJson = (result: DemoResult, seed: string): string =>
  `${JSON.stringify(
    {
      seed,
      topics: result.reconciliation.topics,
      refused: result.reconciliation.refused,
      digest: result.reconciliation.digest,
      detection: result.detection,
      generated: result.generated,
      ok: result.reconciliation.ok,
      examples: result.reconciliation.examples,
      locations: result.locations,
    },
    null,
    2,
  )}\n`

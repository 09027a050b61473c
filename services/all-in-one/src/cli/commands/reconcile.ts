import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type ComparisonFlags, checkComparisonFlags, compareStores } from '../compare-stores.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { printGolden, printReconciliation } from '../demo-report.ts'
import { DOMAINS_OPTION } from '../domain-flags.ts'
import { checkReportFile } from '../report-file.ts'
import { RETENTION_OPTION } from '../retention-flags.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectPlatform } from '../select-platform.ts'

export function addReconcileCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal } = context
  program
    .command('reconcile')
    .description('compare what was acknowledged with log, lake and mart, event by event')
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option('--ledger <folder>', "the generator's ledger of acknowledged event ids")
    .option('--golden <folder>', "the generators' golden answers, with which tables of the mart are compared")
    .option('--report <file>', 'write the result as JSON as well')
    .option(...DOMAINS_OPTION)
    .option(...RETENTION_OPTION)
    .action(async (options: PlatformChoice & ComparisonFlags & { report?: string }) => {
      checkComparisonFlags(options, context.environment)
      if (options.report !== undefined) checkReportFile('--report', options.report)
      const platform = await selectPlatform(options, DEFAULT_DEMO_DATA, context)
      try {
        const { report, golden, ok } = await compareStores(platform, options, context)
        printReconciliation(terminal, report)
        const hasGolden = Object.keys(golden.tables).length > 0
        if (hasGolden) terminal.print('')
        printGolden(terminal, golden)
        finish(ok ? ExitCode.ok : ExitCode.difference)
        const json = { ...report, ok, ...(hasGolden && { golden: golden.tables }) }
        if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(json, null, 2)}\n`)
      } finally {
        await platform.close()
      }
    })
}

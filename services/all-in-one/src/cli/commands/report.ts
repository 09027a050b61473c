import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { goldenOf, ledgerOf } from '../../demo.ts'
import { makeDomainParts } from '../../report/domain-parts.ts'
import { type ComparisonFlags, checkComparisonFlags, compareStores } from '../compare-stores.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { DOMAINS_OPTION } from '../domain-flags.ts'
import { checkReportFile, STDOUT } from '../report-file.ts'
import { RETENTION_OPTION } from '../retention-flags.ts'
import { RUN_PAGE, renderRunPage } from '../run-page-file.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectPlatform } from '../select-platform.ts'
import { inUserFolder } from '../user-paths.ts'

type ReportFlags = PlatformChoice & ComparisonFlags & { readonly out?: string }

export function addReportCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal, environment } = context
  program
    .command('report')
    .description('write a page about the data of a run: flow, comparisons, and pictures of every domain')
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option(
      '--out <file|->',
      `HTML file, or - for standard output (default: ${RUN_PAGE} in the data folder, else here)`,
    )
    .option(
      '--ledger <folder>',
      'ledger of acknowledged event ids (default: the one in the data folder, if there is one)',
    )
    .option('--golden <folder>', 'golden answers (default: those in the data folder, if there are any)')
    .option(...DOMAINS_OPTION)
    .option(...RETENTION_OPTION)
    .action(async (flags: ReportFlags) => {
      checkComparisonFlags(flags, environment)
      if (flags.out !== undefined) checkReportFile('--out', flags.out)
      const platform = await selectPlatform(flags, DEFAULT_DEMO_DATA, context)
      try {
        const folder = platform.kind === 'embedded' ? path.dirname(platform.locations.log) : null
        const out = flags.out ?? (folder === null ? inUserFolder(RUN_PAGE, environment) : path.join(folder, RUN_PAGE))
        checkReportFile('--out', out)
        const there = (made: (directory: string) => string): string | undefined =>
          folder !== null && existsSync(made(folder)) ? made(folder) : undefined
        const compared = { ...flags, ledger: flags.ledger ?? there(ledgerOf), golden: flags.golden ?? there(goldenOf) }
        const { catalog, report, golden, ok } = await compareStores(platform, compared, context)
        const domains = await makeDomainParts(catalog, platform)
        const page = await renderRunPage({ catalog, reconciliation: report, domains, golden, generated: null })
        if (out === STDOUT) terminal.print(page.trimEnd())
        else {
          await writeFile(out, page)
          terminal.print(`Page: ${out}`)
        }
        if (!ok) terminal.say('THE STORES DIFFER: see the page, or run "millrace reconcile".')
        finish(ok ? ExitCode.ok : ExitCode.difference)
      } finally {
        await platform.close()
      }
    })
}

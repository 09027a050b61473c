import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { reconcile } from '@millrace/reconciler'
import { systemClock } from '@millrace/runtime'
import type { Command } from 'commander'
import { compareGolden, isGoldenRight, readGolden } from '../../golden-check.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { printGolden, printReconciliation } from '../demo-report.ts'
import { DOMAINS_OPTION } from '../domain-flags.ts'
import { checkReportFile } from '../report-file.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectPlatform } from '../select-platform.ts'
import { storedDomains } from '../stored-domains.ts'
import { UsageError } from '../usage-error.ts'

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
    .action(
      async (options: PlatformChoice & { ledger?: string; golden?: string; report?: string; domains?: string }) => {
        if (options.ledger !== undefined && !existsSync(options.ledger))
          throw new UsageError(`There is no ledger in ${options.ledger}.`)
        if (options.golden !== undefined && !existsSync(options.golden))
          throw new UsageError(`There are no golden answers in ${options.golden}.`)
        if (options.report !== undefined) checkReportFile(options.report)
        const golden = Object.entries(options.golden === undefined ? {} : await readGolden(options.golden))
        const platform = await selectPlatform(options, DEFAULT_DEMO_DATA, context)
        const workDirectory = await mkdtemp(path.join(os.tmpdir(), 'millrace-reconcile-'))
        try {
          const { domains, ledger } = options
          const catalog = await storedDomains(
            { log: platform.log, location: platform.locations.log },
            { domains, isExpected: topic => ledger !== undefined && existsSync(path.join(ledger, topic)) },
            context,
          )
          const report = await reconcile({
            catalog,
            log: platform.log,
            lake: platform.lake,
            mart: platform.mart,
            clock: systemClock,
            workDirectory,
            onProgress: line => terminal.progress(line),
            ...(ledger === undefined ? {} : { ledger }),
          })
          terminal.endProgress()
          const own = golden.filter(([table]) => catalog.tables.some(({ name }) => name === table))
          const compared = await compareGolden(Object.fromEntries(own), { mart: platform.mart, catalog })
          printReconciliation(terminal, report)
          if (own.length > 0) terminal.print('')
          printGolden(terminal, compared)
          const ok = report.ok && isGoldenRight(compared.tables)
          finish(ok ? ExitCode.ok : ExitCode.difference)
          const json = { ...report, ok, ...(own.length > 0 && { golden: compared.tables }) }
          if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(json, null, 2)}\n`)
        } finally {
          await rm(workDirectory, { recursive: true, force: true })
          await platform.close()
        }
      },
    )
}

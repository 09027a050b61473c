import { instantMs } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import type { StoredRow } from '@millrace/mart'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectMart } from '../select-platform.ts'
import { requireTable } from '../stored-table.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const instantOf = (row: StoredRow): string => new Date(Number(row.datetime)).toISOString()

export function addAlertsCommand(program: Command, context: CommandContext): void {
  const { terminal } = context
  program
    .command('alerts')
    .description('show the alerts of League of Legends in the mart, newest first')
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option('--day <day>', 'only this UTC day, YYYY-MM-DD')
    .option('--account <account>', 'only this player')
    .option('--limit <n>', 'at most this many', '20')
    .option('--json', 'print JSON lines')
    .action(async (options: PlatformChoice & { day?: string; account?: string; limit: string; json?: true }) => {
      if (options.day !== undefined && Number.isNaN(instantMs(`${options.day}T00:00:00Z`)))
        throw new UsageError(`--day is "${options.day}": expected a day, YYYY-MM-DD.`)
      if (!/^[1-9]\d*$/.test(options.limit))
        throw new UsageError(`--limit is "${options.limit}": expected a whole number above 0.`)
      const mart = await selectMart(options, DEFAULT_DEMO_DATA, context)
      try {
        const table = catalog.table('lol_alerts_by_day')
        await requireTable(mart, table)
        const found: StoredRow[] = []
        if (options.day !== undefined) found.push(...(await mart.select(table, { day: options.day })))
        else for await (const page of mart.scan(table, Object.keys(table.columns))) found.push(...page)
        const matching = found.filter(row => options.account === undefined || row.account === options.account)
        const rows = matching.sort((a, b) => Number(b.datetime) - Number(a.datetime)).slice(0, Number(options.limit))
        if (options.json)
          for (const row of rows)
            terminal.print(
              JSON.stringify({ ...row, datetime: instantOf(row), evidence: JSON.parse(String(row.evidence)) }),
            )
        else {
          for (const line of formatTable(
            ['time', 'account', 'match', 'kind', 'score', 'reason', 'model'],
            rows.map(row => [
              instantOf(row),
              String(row.account),
              String(row.room_id),
              row.kind === null ? '-' : String(row.kind),
              Number(row.score).toFixed(2),
              row.reason === null ? evidenceLine(String(row.evidence)) : String(row.reason),
              String(row.model_id),
            ]),
          ))
            terminal.print(line)
          terminal.say(`${rows.length} of ${matching.length} alerts in ${mart.location}`)
        }
      } finally {
        await mart.close()
      }
    })
}

/** The features that stand out in the evidence, most frequent first. */
function evidenceLine(evidence: string): string {
  const features = (JSON.parse(evidence) as { feature: string }[]).map(({ feature }) => feature)
  const counts = [...new Set(features)].map(
    feature => [feature, features.filter(other => other === feature).length] as const,
  )
  return counts
    .sort((a, b) => b[1] - a[1])
    .map(([feature, count]) => `${count} x ${feature}`)
    .join(', ')
}

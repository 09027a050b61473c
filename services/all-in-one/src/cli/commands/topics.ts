import { columnsOf } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { nearest } from '@millrace/runtime'
import type { Command } from 'commander'
import { ensurePlatform } from '../../platform.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { readDomains } from '../domain-flags.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectLog, selectPlatform } from '../select-platform.ts'
import { rangesOf, storedDomains } from '../stored-domains.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const DAY_MS = 86_400_000

/** A text of Markdown for a terminal. */
const plain = (text: string): string => text.replaceAll('`', '')

export function addTopicsCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal, environment } = context
  const topics = program.command('topics').description('show the topics of the contracts, and create them')
  const where = (command: Command): Command =>
    command
      .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
      .option('--stack [folder]', 'use the local servers that run')

  where(topics.command('list'))
    .description('list the topics with how many records they hold')
    .action(async (options: PlatformChoice) => {
      const store = await selectLog(options, DEFAULT_DEMO_DATA, context)
      try {
        const rows: (string | number | null)[][] = []
        const { topics: contracts } = await storedDomains(store, {}, context)
        for (const contract of contracts) {
          const ranges = await rangesOf(store.log, contract.name)
          const records = ranges?.reduce((sum, { earliest, end }) => sum + end - earliest, 0)
          rows.push([
            contract.name,
            plain(contract.keyText),
            ranges?.length ?? null,
            records ?? null,
            `${contract.retentionMs / DAY_MS} days`,
            contract.why,
          ])
        }
        for (const line of formatTable(['topic', 'key', 'partitions', 'records', 'kept', 'why'], rows))
          terminal.print(line)
      } finally {
        await store.log.close()
      }
    })

  topics
    .command('describe <topic>')
    .description('show the contract of a topic')
    .action((name: string) => {
      const contract = catalog.find(name)
      if (!contract) {
        const known = catalog.topics.map(topic => topic.name)
        const suggestion = nearest(name, known)
        throw new UsageError(
          `No topic "${name}".${suggestion ? ` Did you mean ${suggestion}?` : ''} Known: ${known.join(', ')}.`,
        )
      }
      terminal.print(`${contract.name}: ${contract.why}`)
      terminal.print(
        `key ${plain(contract.keyText)}, event time ${plain(contract.timeText)}, ${contract.partitions} partitions, kept ${contract.retentionMs / DAY_MS} days`,
      )
      const rows = columnsOf(contract.schema).map(({ name: field, type, nullable, description }) => [
        field,
        type,
        nullable ? 'optional' : 'always',
        description,
      ])
      for (const line of formatTable(['field', 'type', 'present', 'meaning'], rows)) terminal.print(line)
    })

  where(topics.command('ensure'))
    .description('create what is missing of the topics and mart tables')
    .action(async (options: PlatformChoice) => {
      const platform = await selectPlatform(options, DEFAULT_DEMO_DATA, context)
      try {
        const reports = await ensurePlatform(platform, readDomains(undefined, environment))
        for (const line of formatTable(
          ['topic', 'outcome', 'differences'],
          reports.map(({ name, outcome, differences }) => [name, outcome, differences.join('; ')]),
        ))
          terminal.print(line)
        if (reports.some(({ outcome }) => outcome === 'differs')) finish(ExitCode.difference)
      } finally {
        await platform.close()
      }
    })
}

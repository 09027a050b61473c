import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { receiptText } from '@millrace/lake'
import { NotCaughtUp } from '@millrace/reconciler'
import { env, nearest } from '@millrace/runtime'
import type { Command } from 'commander'
import { AmbiguousPerson, type EraseOptions, type EraseResult, erase, kindsOf } from '../../erasure/erase.ts'
import type { CommandContext } from '../context.ts'
import { DOMAINS_OPTION } from '../domain-flags.ts'
import { eraseLines } from '../erase-view.ts'
import { checkReportFile } from '../report-file.ts'
import { DEFAULT_DATA, type PlatformChoice, selectPlatform } from '../select-platform.ts'
import { storedDomains } from '../stored-domains.ts'
import { UsageError } from '../usage-error.ts'

interface EraseFlags extends PlatformChoice {
  readonly account?: string
  readonly as?: string
  readonly domains?: string
  readonly dryRun?: true
  readonly deadline: string
  readonly receipt?: string
}

export function addEraseCommand(program: Command, context: CommandContext): void {
  const { terminal, clock, signal } = context
  program
    .command('erase')
    .description('remove one person from mart and lake, and leave a receipt')
    .option('--account <id>', 'who: an account, or another identifier of a person, such as a customer number')
    .option('--as <kind>', `what the identifier is, where it could be several things: ${kindsOf(catalog).join(', ')}`)
    .option(...DOMAINS_OPTION)
    .option('--dry-run', 'say what would be removed, and change nothing')
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option('--deadline <duration>', 'how long the services of servers may take to finish what is in the log', '15m')
    .option('--receipt <file>', 'write the receipt into a file as well')
    .action(async (flags: EraseFlags) => {
      const { account = '', receipt } = flags
      if (account.trim() === '')
        throw new UsageError(
          '--account is missing or blank: expected the identifier of a person, such as --account player_7.',
        )
      if (receipt !== undefined) checkReportFile('--receipt', receipt)
      const deadlineMs = readDeadline(flags.deadline)
      const platform = await selectPlatform(flags, DEFAULT_DATA, context)
      const directory = await mkdtemp(path.join(os.tmpdir(), 'millrace-erase-'))
      try {
        const place = { log: platform.log, location: platform.locations.log }
        const stored = await storedDomains(place, { domains: flags.domains }, context)
        const kind = readKind(flags.as, kindsOf(stored))
        const isEmbedded = platform.kind === 'embedded'
        const result = await run({
          ...{ catalog: stored, platform, account, directory, clock, signal, dryRun: flags.dryRun === true },
          ...(kind !== undefined && { kind }),
          by: `${os.userInfo().username}@${os.hostname()}`,
          // No other process can finish anything in embedded stores meanwhile.
          deadlineMs: isEmbedded ? 0 : deadlineMs,
          onProgress: line => terminal.progress(line),
          onWait: reason => terminal.say(`Waiting for the services: ${reason}.`),
        })
        terminal.endProgress()
        for (const line of eraseLines(result, { account, catalog: stored, now: clock.now(), isEmbedded }))
          terminal.print(line)
        if (receipt !== undefined) await writeFile(receipt, receiptText(result.receipt))
      } finally {
        await rm(directory, { recursive: true, force: true })
        await platform.close()
      }
    })
}

async function run(options: EraseOptions): Promise<EraseResult> {
  try {
    return await erase(options)
  } catch (error) {
    if (error instanceof AmbiguousPerson) throw new UsageError(error.message)
    if (!(error instanceof NotCaughtUp)) throw error
    const behind = error.message.replace(/^Gave up after \d+ s: /, '')
    throw new Error(
      options.deadlineMs === 0
        ? `Nothing was erased: ${behind}. Let the services finish, with "millrace gateway" on the same folder, and run it again.`
        : `Nothing was erased, because lake and mart have not got everything within the deadline: ${behind}. See that these services run, or give a longer --deadline, and run it again.`,
      { cause: error },
    )
  }
}

function readDeadline(text: string): number {
  const { success, data } = env.duration().safeParse(text)
  if (success) return data
  throw new UsageError(`--deadline is ${JSON.stringify(text)}: expected a duration such as 15m.`)
}

function readKind(kind: string | undefined, known: readonly string[]): string | undefined {
  if (kind === undefined || known.includes(kind)) return kind
  const near = nearest(kind, known)
  throw new UsageError(
    `--as is ${JSON.stringify(kind)}: ${near ? `did you mean ${near}? E` : 'e'}xpected one of ${known.join(', ')}.`,
  )
}

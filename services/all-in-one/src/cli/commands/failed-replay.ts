import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { env, isSystemError, Secret, systemReason } from '@millrace/runtime'
import { openLedger } from '@millrace/simulation'
import type { Command } from 'commander'
import { type NumberedLine, type ReplayOutcome, replayFailedEvents } from '../../failed-events/replay-failed-events.ts'
import { readReplayLine } from '../../failed-events/replay-line.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { printableLine } from '../printable.ts'
import { createTerminalLogger, lastWarning } from '../terminal-logger.ts'
import { UsageError } from '../usage-error.ts'
import { createWaits } from '../waits.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'
const MOST_PROBLEMS = 20

interface ReplayFlags {
  readonly url: string
  readonly apiKey?: string
  readonly retryTimeout: string
  readonly ledger?: string
  readonly json?: true
}

export function addReplayCommand(failed: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal, clock, signal } = context
  failed
    .command('replay <file>')
    .description('send the records of a corrected file through the gateway again; - is standard input')
    .option('--url <url>', 'address of the gateway', DEFAULT_URL)
    .option('--api-key <key>', 'key for the gateway')
    .option('--retry-timeout <time>', 'give up when the gateway has taken nothing for so long', '1m')
    .option('--ledger <folder>', 'note the ids of acknowledged events there')
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      '\nExit codes: 0 all accepted, 1 some left open, 2 the file or an option is wrong and nothing was sent, 3 some refused or held back.' +
        '\nSending a file twice adds nothing but repetitions with the same event ids.',
    )
    .action(async (given: string, flags: ReplayFlags) => {
      const { url, apiKey, retryTimeoutMs } = readFlags(flags)
      const source = await openSource(given, context)
      try {
        await replay(source, { url, apiKey, retryTimeoutMs, ledgerFolder: flags.ledger, isJson: flags.json === true })
      } finally {
        source.close()
      }
    })

  async function replay(
    source: Source,
    options: ReturnType<typeof readFlags> & { readonly ledgerFolder: string | undefined; readonly isJson: boolean },
  ): Promise<void> {
    const { ledgerFolder, isJson, ...sending } = options
    const nowMs = clock.now()
    const total = await checkSource(source, nowMs)
    const ledger = ledgerFolder === undefined ? undefined : await openLedger(ledgerFolder, `replay-${nowMs}`)
    const counts = { accepted: 0, refused: 0, held: 0, open: 0 }
    const { logger, lastLine } = createTerminalLogger('replay', terminal)
    let whyOpen: string | null = null
    terminal.progress(`sending ${total} records to ${sending.url}`)
    try {
      await replayFailedEvents(numberedLines(source, nowMs), {
        ...sending,
        clock,
        logger,
        signal,
        ...(ledger && { ledger }),
        onOutcome: outcome => {
          counts[outcome.outcome]++
          if (outcome.outcome === 'open') whyOpen = outcome.message
          terminal.print(isJson ? JSON.stringify(outcome) : sentence(outcome))
        },
      })
    } finally {
      terminal.endProgress()
      await ledger?.close()
    }
    const { accepted, refused, held, open } = counts
    terminal.say(`${accepted} accepted, ${refused} refused, ${held} held back, ${open} left open.`)
    if (refused > 0) terminal.say('What was refused is a failed event again: "failed export" with --since finds it.')
    if (whyOpen !== null)
      terminal.say(
        `${whyOpen} Then replay the file again: what is stored already keeps its id.${lastWarning(lastLine())}`,
      )
    if (open > 0) finish(ExitCode.failed)
    else if (refused + held > 0) finish(ExitCode.difference)
  }
}

/** Where the lines come from. */
interface Source {
  /** For people; at the beginning of a sentence as well. */
  readonly name: string
  /** Is read more than once. */
  readonly file: string
  close(): void
}

/**
 * Opens a file, or standard input, which is read to its end first: all of it is looked at before anything is sent.
 * @throws UsageError where it cannot be read
 */
async function openSource(given: string, context: CommandContext): Promise<Source> {
  if (given !== '-') {
    if (!statSync(given, { throwIfNoEntry: false })?.isFile())
      throw new UsageError(`There is no file ${given}: "failed export <file>" makes one.`)
    return { name: given, file: given, close: () => {} }
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-replay-'))
  const close = (): void => rmSync(folder, { recursive: true, force: true })
  const file = path.join(folder, 'standard-input.ndjson')
  try {
    const copied = pipeline(context.stdin, createWriteStream(file, { mode: 0o600 }))
    await createWaits(context).during('the end of standard input', copied, () => 'its writer has not closed it')
    return { name: STANDARD_INPUT, file, close }
  } catch (error) {
    close()
    throw isSystemError(error) ? new UsageError(`Cannot read standard input: ${systemReason(error)}.`) : error
  }
}

const STANDARD_INPUT = 'Standard input'

/** @throws UsageError that lists every problem */
function readFlags({ url, apiKey, retryTimeout }: ReplayFlags) {
  const problems: string[] = []
  const address = URL.parse(url)
  if (!address || !/^https?:$/.test(address.protocol) || address.search || address.hash)
    problems.push(`--url is "${url}": expected an address such as ${DEFAULT_URL}.`)
  if (!apiKey) problems.push('--api-key is missing: "npm run millrace -- keys create <name>" makes one.')
  else if (!/^[\x21-\x7e]+$/.test(apiKey))
    problems.push('--api-key has characters that no key has, such as spaces or line breaks.')
  const retryTimeoutMs = env.duration().safeParse(retryTimeout)
  if (!retryTimeoutMs.success)
    problems.push(`--retry-timeout is "${retryTimeout}": ${retryTimeoutMs.error.issues[0]?.message}.`)
  if (problems.length > 0 || !apiKey || !retryTimeoutMs.success) throw new UsageError(problems.join('\n'))
  return { url, apiKey: new Secret(apiKey), retryTimeoutMs: retryTimeoutMs.data }
}

/** Lines that are not empty, with their numbers in the file. */
async function* textLines(file: string): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  let number = 0
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    number++
    const text = (number === 1 ? line.replace(/^\uFEFF/, '') : line).trim()
    if (text !== '') yield { number, text }
  }
}

/**
 * Looks at all of it before anything is sent, so that a slip of the editor sends nothing.
 * @returns how many records it has
 * @throws UsageError that lists the lines that cannot be read
 */
async function checkSource({ name, file }: Source, nowMs: number): Promise<number> {
  const problems: string[] = []
  let count = 0
  let broken = 0
  for await (const { number, text } of textLines(file)) {
    count++
    const content = readReplayLine(text, nowMs)
    if (content.kind !== 'broken' || ++broken > MOST_PROBLEMS) continue
    problems.push(`${name}, line ${number}: ${printableLine(content.message)}`)
  }
  if (broken > MOST_PROBLEMS) problems.push(`and ${broken - MOST_PROBLEMS} lines more.`)
  if (broken > 0) throw new UsageError([...problems, 'Nothing was sent.'].join('\n'))
  if (count === 0) throw new UsageError(`${name} has no records: nothing was sent.`)
  return count
}

async function* numberedLines({ name, file }: Source, nowMs: number): AsyncGenerator<NumberedLine> {
  for await (const { number, text } of textLines(file)) {
    const content = readReplayLine(text, nowMs)
    if (content.kind === 'broken') throw new UsageError(`${name} was changed while it was read: see line ${number}.`)
    yield { number, content }
  }
}

const WORDS = { accepted: 'accepted', refused: 'refused', held: 'held back', open: 'left open' } as const

function sentence({ line, topic, eventId, outcome, code, message }: ReplayOutcome): string {
  const event = eventId === null ? '' : `  ${eventId}`
  const why = outcome === 'accepted' || outcome === 'open' ? '' : `  ${code}: ${message}`
  return printableLine(`line ${String(line).padEnd(4)} ${WORDS[outcome].padEnd(9)}  ${topic}${event}${why}`)
}

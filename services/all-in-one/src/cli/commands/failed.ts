import { type FileHandle, open, rm } from 'node:fs/promises'
import { nearest, systemReason } from '@millrace/runtime'
import type { Command } from 'commander'
import { exportFailedEvents } from '../../failed-events/export-failed-events.ts'
import { matches } from '../../failed-events/failure-filter.ts'
import {
  type ReadFailedOptions,
  rangesOfFailedEvents,
  readFailedEvents,
  type StoredFailure,
} from '../../failed-events/read-failed-events.ts'
import { readableEventJson } from '../../failed-events/record-content.ts'
import type { CommandContext } from '../context.ts'
import { addFailureOptions, addPlaceOptions, type FailureFlags, readFailureFlags } from '../failure-flags.ts'
import { codeTable, failureTable, failureView, NewestFailures } from '../failure-view.ts'
import { printableLine } from '../printable.ts'
import { DEFAULT_DATA, type PlatformChoice, selectLog } from '../select-platform.ts'
import { UsageError } from '../usage-error.ts'
import { addReplayCommand } from './failed-replay.ts'

export function addFailedCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal, clock } = context
  const failed = program
    .command('failed')
    .description(
      'records that a stage could not accept: list them, look at one, take them out to correct, send them again',
    )
  const onUnreadable: ReadFailedOptions['onUnreadable'] = ({ partition, offset, reason }) =>
    terminal.say(`Passed over partition ${partition}, offset ${offset} of failed-events: it is ${reason}.`)

  addFailureOptions(failed.command('list'))
    .description('list them, newest first, and count them by code')
    .option('--limit <n>', 'at most this many', '20')
    .option('--json', 'print JSON lines, records included')
    .action(async (flags: FailureFlags & { json?: true }) => {
      const { filter, limit = 20 } = readFailureFlags(flags, clock.now())
      const { log, location } = await selectLog(flags, DEFAULT_DATA, context)
      try {
        const newest = new NewestFailures(limit)
        const codes = new Set<string>()
        for await (const failure of readFailedEvents(log, await rangesOfFailedEvents(log), { onUnreadable })) {
          codes.add(failure.event.code)
          if (matches(failure.event, filter)) newest.add(failure)
        }
        const shown = newest.list()
        if (flags.json) for (const { event } of shown) terminal.print(readableEventJson(event))
        else if (shown.length > 0)
          for (const line of [...failureTable(shown), '', ...codeTable(newest.byCode)]) terminal.print(line)
        terminal.say(`${shown.length} of ${newest.count} failed events in ${location}`)
        if (filter.code !== undefined && !codes.has(filter.code)) terminal.say(unknownCode(filter.code, [...codes]))
      } finally {
        await log.close()
      }
    })

  addPlaceOptions(failed.command('show <id>'))
    .description('show everything about one; the beginning of its id is enough')
    .option('--json', 'print JSON')
    .action(async (id: string, flags: PlatformChoice & { json?: true }) => {
      const { log, location } = await selectLog(flags, DEFAULT_DATA, context)
      try {
        const found = new Map<string, StoredFailure>()
        for await (const failure of readFailedEvents(log, await rangesOfFailedEvents(log), { onUnreadable }))
          if (failure.event.eventId.startsWith(id)) found.set(failure.event.eventId, failure)
        const failure = found.get(id) ?? (found.size === 1 ? [...found.values()][0] : undefined)
        if (!failure && found.size > 0)
          throw new UsageError(
            `"${id}" is the beginning of ${found.size} ids: give more of it.\n${[...found.keys()].slice(0, 10).join('\n')}`,
          )
        if (!failure) throw new UsageError(`No failed event "${id}" in ${location}: "failed list" shows them.`)
        if (flags.json) terminal.print(readableEventJson(failure.event))
        else for (const line of failureView(failure)) terminal.print(line)
      } finally {
        await log.close()
      }
    })

  addFailureOptions(failed.command('export <file>'))
    .description('write them to a new file, one record a line, to correct with an editor or jq; - is standard output')
    .option('--limit <n>', 'at most this many records, the newest')
    .action(async (file: string, flags: FailureFlags) => {
      const { filter, limit } = readFailureFlags(flags, clock.now())
      const { log } = await selectLog(flags, DEFAULT_DATA, context)
      let output: FileHandle | undefined
      try {
        output = file === '-' ? undefined : await createFile(file)
        const { records, failures } = await exportFailedEvents(log, {
          filter,
          ...(limit !== undefined && { limit }),
          write: async line => {
            if (output) await output.appendFile(`${line}\n`)
            else terminal.print(line)
          },
          onProgress: line => terminal.progress(line),
          onUnreadable,
        })
        terminal.endProgress()
        if (records === 0 && output) await rm(file)
        terminal.say(
          records === 0
            ? 'No failed event matches: nothing was written.'
            : `${count(records, 'record')} of ${count(failures, 'failed event')}${output ? ` in ${file}: correct it, then "failed replay ${file}"` : ''}`,
        )
      } catch (error) {
        // Half of it would look like all of it.
        if (output) await rm(file, { force: true })
        throw error
      } finally {
        await output?.close()
        await log.close()
      }
    })

  addReplayCommand(failed, context, finish)
}

function unknownCode(code: string, known: readonly string[]): string {
  const near = nearest(code, known)
  const hint = near ? `Did you mean ${near}?` : known.length > 0 ? `Codes that are there: ${known.join(', ')}.` : ''
  return printableLine(`None has the code "${code}". ${hint}`.trim())
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`

/** Only its owner reads the file: records may hold what clients would not like to see published. */
async function createFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600)
  } catch (error) {
    throw new UsageError(
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? `${file} is there already, perhaps with your changes: give another name, or remove it.`
        : `Cannot write ${file}: ${systemReason(error)}.`,
    )
  }
}

import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type DrawnMatch, drawMatch } from '../../match/draw-match.ts'
import { findMatches } from '../../match/find-match.ts'
import type { CommandContext } from '../context.ts'
import { checkReportFile, STDOUT } from '../report-file.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectLog } from '../select-platform.ts'
import { UsageError } from '../usage-error.ts'
import { inUserFolder } from '../user-paths.ts'
import { fileNameOf } from './draw.ts'

const WIDTH = 900
/** Players or matches of one sheet. */
const MOST_DRAWN = 4

export function addMatchCommand(program: Command, context: CommandContext): void {
  const { terminal, environment } = context
  program
    .command('match <room-or-player>')
    .description(
      'draw what the scorer said of a player or of the players of a match: actions, scores, statistics and reasons',
    )
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option('--out <file|->', 'SVG file, or - for standard output (default: a name made of the match or player, here)')
    .action(async (subject: string, flags: PlatformChoice & { readonly out?: string }) => {
      const out = flags.out ?? inUserFolder(fileNameOf('match', subject), environment)
      checkReportFile('--out', out)
      const { log, location } = await selectLog(flags, DEFAULT_DEMO_DATA, context)
      try {
        const matches = await findMatches(log, subject)
        const drawn: DrawnMatch[] = []
        for (const match of matches) {
          const one = await drawMatch(match)
          if (one) drawn.push(one)
        }
        if (drawn.length === 0)
          throw new UsageError(
            `<room-or-player> is "${subject}": expected a match or an account with actions in ${location}; "millrace alerts" shows some.`,
          )
        drawn.sort((a, b) => b.highest - a.highest)
        const shown = drawn.slice(0, MOST_DRAWN)
        const { drawSheets } = await import('@millrace/report')
        const svg = drawSheets(shown, WIDTH)
        if (out === STDOUT) terminal.print(svg.trimEnd())
        else {
          await writeFile(out, svg)
          terminal.print(out)
        }
        for (const { title, notes } of shown) {
          terminal.say(title)
          for (const note of notes) terminal.say(`  ${note}`)
        }
        if (drawn.length > shown.length)
          terminal.say(`${drawn.length - shown.length} more are not drawn: these have the highest statistics.`)
      } finally {
        await log.close()
      }
    })
}

import { writeFile } from 'node:fs/promises'
import { type DrawCommand, reporters } from '@millrace/domains/reports'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { checkReportFile, STDOUT } from '../report-file.ts'
import { DEFAULT_DEMO_DATA, type PlatformChoice, selectMart } from '../select-platform.ts'
import { requireTable } from '../stored-table.ts'
import { UsageError } from '../usage-error.ts'
import { inUserFolder } from '../user-paths.ts'

/** Width of the picture, px; a high one may be narrower. */
const WIDTH = 1000
const MOST_CHARACTERS = 80

type Flags = PlatformChoice & { readonly out?: string } & Readonly<Record<string, string | true>>

/** A name of a file from a text of any characters: `shop.example/a b` becomes `heatmap-shop.example-a-b.svg`. */
export function fileNameOf(command: string, subject: string): string {
  const name = subject
    .replace(/[^\p{L}\p{N}._]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, MOST_CHARACTERS)
  return `${command}${name === '' ? '' : `-${name}`}.svg`
}

function addDrawCommand(program: Command, context: CommandContext, drawing: DrawCommand): void {
  const { terminal, environment } = context
  const command = program
    .command(`${drawing.name} <${drawing.argument}>`)
    .description(drawing.description)
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DEMO_DATA})`)
    .option('--stack [folder]', 'use the local servers that run')
    .option(
      '--out <file|->',
      `SVG file, or - for standard output (default: a name made of the ${drawing.argument}, here)`,
    )
  for (const { flags, description } of drawing.options) command.option(flags, description)
  command.action(async (subject: string, flags: Flags) => {
    for (const { flags: names, problem } of drawing.options) {
      const [, name = ''] = /--([\w-]+)/.exec(names) ?? []
      const value = flags[name]
      const expected = typeof value === 'string' ? (problem?.(value) ?? null) : null
      if (expected !== null) throw new UsageError(`--${name} is ${JSON.stringify(value)}: expected ${expected}.`)
    }
    const out = flags.out ?? inUserFolder(fileNameOf(drawing.name, subject), environment)
    checkReportFile('--out', out)
    const mart = await selectMart(flags, DEFAULT_DEMO_DATA, context)
    try {
      for (const table of drawing.tables) await requireTable(mart, table)
      const drawn = await drawing.draw(mart, subject, flags)
      if (typeof drawn === 'string') throw new UsageError(drawn)
      const { drawSvgFile } = await import('@millrace/report')
      const svg = drawSvgFile(drawn.chart, WIDTH)
      if (out === STDOUT) return terminal.print(svg.trimEnd())
      await writeFile(out, svg)
      terminal.print(out)
      terminal.say(drawn.caption)
    } finally {
      await mart.close()
    }
  })
}

/** The commands of domains that draw something from the mart. */
export function addDrawCommands(program: Command, context: CommandContext): void {
  for (const { commands = [] } of reporters) for (const command of commands) addDrawCommand(program, context, command)
}

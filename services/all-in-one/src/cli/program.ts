import { CodedError, ConfigError, isSystemError, systemReason } from '@millrace/runtime'
import { Command, CommanderError } from 'commander'
import { addAlertsCommand } from './commands/alerts.ts'
import { addDemoCommand } from './commands/demo.ts'
import { addDrawCommands } from './commands/draw.ts'
import { addEraseCommand } from './commands/erase.ts'
import { addFailedCommand } from './commands/failed.ts'
import { addGatewayCommand } from './commands/gateway.ts'
import { addGenerateCommand } from './commands/generate.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addMartCommand } from './commands/mart.ts'
import { addMatchCommand } from './commands/match.ts'
import { addReconcileCommand } from './commands/reconcile.ts'
import { addReportCommand } from './commands/report.ts'
import { addScoreCommand } from './commands/score.ts'
import { addStackCommand } from './commands/stack.ts'
import { addTopicsCommand } from './commands/topics.ts'
import { type CommandContext, ExitCode } from './context.ts'
import { UsageError } from './usage-error.ts'
import { readUserPaths } from './user-paths.ts'

/**
 * The commands with their options.
 * @param finish is told the exit code of a command that ends with another one than 0
 */
export function createProgram(context: CommandContext, finish: (code: number) => void): Command {
  const { terminal, environment } = context
  const program = new Command('millrace')
    .description('A streaming data platform with its own labelled world.')
    .usage('<command> [options]')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.print(text.trimEnd()),
      writeErr: text => terminal.say(text.trimEnd()),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 used wrongly, 3 a comparison found a difference, or records were refused again.',
    )
  const { INIT_CWD: userFolder } = environment
  program.hook('preAction', (_, command) =>
    readUserPaths(command, userFolder === process.cwd() ? undefined : userFolder),
  )
  for (const add of [
    addDemoCommand,
    addGenerateCommand,
    addGatewayCommand,
    addKeysCommand,
    addReconcileCommand,
    addReportCommand,
    addEraseCommand,
    addAlertsCommand,
    addMartCommand,
    addMatchCommand,
    addDrawCommands,
    addFailedCommand,
    addScoreCommand,
    addStackCommand,
    addTopicsCommand,
  ])
    add(program, context, finish)
  return program
}

/** Runs one command line and answers its exit code. */
export async function runCli(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context
  let code: number = ExitCode.ok
  const program = createProgram(context, result => {
    code = result
  })
  if (args.length === 0) {
    terminal.print(program.helpInformation())
    return ExitCode.usage
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    terminal.endProgress()
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    terminal.say(sentenceOf(error))
    return isUsage(error) ? ExitCode.usage : ExitCode.failed
  }
}

/** What an error says to people; for what the system refused and nobody has explained, where and why. */
function sentenceOf(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  const { path, address, port } = error as { path?: string; address?: string; port?: number }
  const place = path ?? (address === undefined ? undefined : `${address}:${port}`)
  return `${place === undefined ? 'The system refused a call' : `Cannot use ${place}`}: ${systemReason(error)}.`
}

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError || error instanceof ConfigError || (error instanceof CodedError && error.kind === 'input')

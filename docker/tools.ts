import { spawn } from 'node:child_process'
import { type Command, CommanderError } from 'commander'

/** A program of others that could not be run, or that failed. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** What a program wrote to stdout, without space at its ends. @throws ToolError with the end of what it said */
export async function capture(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let said = ''
    child.stdout.on('data', chunk => {
      out += chunk
      said += chunk
    })
    child.stderr.on('data', chunk => {
      said += chunk
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'ENOENT' ? 'it is not installed, or not on the PATH' : error.message
      reject(new ToolError(`${command} could not be run: ${what}.`, { cause: error }))
    })
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out.trim())
      else
        reject(
          new ToolError(
            `${command} ${args[0]} ended with ${code ?? signal}:\n${said.trim().split('\n').slice(-15).join('\n')}`,
          ),
        )
    })
  })
}

/** Runs a program whose output matters only when it fails. @throws ToolError */
export async function run(command: string, args: readonly string[]): Promise<void> {
  await capture(command, args)
}

/** Runs a command line; what went wrong is said on stderr, and the exit code is 2 for a wrong use and 1 for a failure. */
export async function runProgram(program: Command): Promise<void> {
  try {
    for (const command of [program, ...program.commands]) command.showSuggestionAfterError().exitOverride()
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else if (error instanceof ToolError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = 1
    } else throw error
  }
}

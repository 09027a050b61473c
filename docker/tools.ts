import { spawn } from 'node:child_process'

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

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { type StackOptions, stopStack, waitUntil } from '../src/index.ts'

/** Whether real servers can be run here: the stack that is provided says so. */
export const canRun = (): boolean => !('unavailable' in inject('stack'))

/** A folder for a stack; `dispose` ends what runs in it and removes it. */
export function stackFolder() {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'millrace-stack-'))
  return {
    directory,
    async dispose() {
      await stopStack(directory)
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export function startProgram(script: string, ...args: string[]): ChildProcess & { said: string; complained: string } {
  const file = fileURLToPath(new URL(`./fixtures/${script}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const program = Object.assign(child, { said: '', complained: '' })
  child.stdout.on('data', chunk => {
    program.said += chunk
  })
  child.stderr.on('data', chunk => {
    program.complained += chunk
  })
  return program
}

export const startStackProgram = (options: StackOptions) => startProgram('start-stack.ts', JSON.stringify(options))

/** The code with which a program ends; throws with what it wrote to stderr when that is not 0. */
export async function endOf(program: ReturnType<typeof startProgram>): Promise<void> {
  if (program.exitCode === null) await once(program, 'exit')
  if (program.exitCode !== 0) throw new Error(`It ended with ${program.exitCode}: ${program.complained}`)
}

/** Processes of this machine whose command line names the folder, the programs of the tests themselves apart. */
export function processesIn(directory: string): string[] {
  const lines: string[] = []
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      if (command.includes(directory)) lines.push(`${pid} ${command}`)
    } catch {
      // It ended while we looked.
    }
  }
  return lines
}

export const nothingIsLeft = (directory: string) =>
  waitUntil(() => processesIn(directory).length === 0, {
    deadlineMs: 60_000,
    what: `no process to be left of ${processesIn(directory).map(line => line.slice(0, 200))}`,
  })

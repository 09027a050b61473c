import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import path from 'node:path'
import { identify, inspectProcess, makeDirectorySync, type ProcessIdentity, signalProcess } from '@millrace/runtime'
import { stackError } from './stack-errors.ts'
import { forgetPid, type JavaLaunch, notePid, outputFileOf } from './stack-state.ts'
import { tailOf } from './text-file.ts'
import { waitUntil } from './wait-until.ts'

const KILL_DEADLINE_MS = 10_000

function spawnNoted(directory: string, name: string, launch: JavaLaunch): ChildProcess {
  const output = outputFileOf(directory, name)
  makeDirectorySync(path.dirname(output))
  const descriptor = openSync(output, 'a')
  try {
    // A session of its own: a Ctrl-C in the terminal goes to who started the stack, who ends the servers in order.
    const child = spawn(launch.command, launch.arguments, {
      cwd: directory,
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    })
    const identity = child.pid === undefined ? null : identify(child.pid)
    if (identity) notePid(directory, name, { process: identity })
    return child
  } finally {
    closeSync(descriptor)
  }
}

/** Starts a server in a session of its own, its output going to a file, and notes its pid. */
export async function spawnServer(directory: string, name: string, launch: JavaLaunch): Promise<void> {
  const child = spawnNoted(directory, name, launch)
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error]
    throw stackError('tool_failed', { what: `Starting ${name}`, outcome: error.message, log: '-', tail: '' }, error)
  }
  child.unref()
}

/** Runs a tool that ends by itself, such as the formatting of a data folder; throws unless it ends well in time. */
export async function runTool(
  directory: string,
  name: string,
  { launch, deadlineMs, signal }: { launch: JavaLaunch; deadlineMs: number; signal: AbortSignal },
): Promise<void> {
  const log = outputFileOf(directory, name)
  const child = spawnNoted(directory, name, launch)
  const give = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
  let outcome: string
  try {
    const [code, killedBy] = (await once(child, 'exit', { signal: give })) as [number | null, string | null]
    if (code === 0) return forgetPid(directory, name)
    outcome = killedBy ?? `exit ${code}`
  } catch (error) {
    signal.throwIfAborted()
    outcome = give.aborted ? `no end after ${deadlineMs / 1000} s` : (error as Error).message
  }
  throw stackError('tool_failed', { what: name, outcome, log, tail: tailOf([log]) })
}

/** Ends a process at once and waits until it is gone. */
export async function killProcess(name: string, identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, 'SIGKILL')
  await waitUntil(() => inspectProcess(identity).state === 'gone', {
    deadlineMs: KILL_DEADLINE_MS,
    what: `${name} (pid ${identity.pid}) to be gone after SIGKILL`,
    intervalMs: 10,
  })
}

/** Asks a process to end, also a frozen one, and kills it when it takes longer than `graceMs`. */
export async function endProcess(name: string, identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalProcess(identity, 'SIGTERM')
  signalProcess(identity, 'SIGCONT')
  try {
    await waitUntil(() => inspectProcess(identity).state === 'gone', { deadlineMs: graceMs, what: `${name} to end` })
  } catch {
    await killProcess(name, identity)
  }
}

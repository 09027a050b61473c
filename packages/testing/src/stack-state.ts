import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { makeDirectorySync, type ProcessIdentity } from '@millrace/runtime'
import type { ServerPlan } from './server-plan.ts'
import type { StackWay } from './stack.ts'
import { writeWhole } from './text-file.ts'

/** How to start a server's Java process. */
export interface JavaLaunch {
  readonly command: string
  readonly arguments: readonly string[]
}

export interface ServerRecord extends ServerPlan {
  /** Null for a container, which Docker itself knows how to start again. */
  readonly launch: JavaLaunch | null
}

/** What a stack's folder says of the stack, enough to attach to it from any process. */
export interface StackState {
  readonly format: 1
  readonly way: StackWay
  readonly startedAt: string
  /** Whether the stack was meant to outlive the process that started it. */
  readonly detached: boolean
  readonly servers: readonly ServerRecord[]
}

/** What runs: a process, a container by its name, or the container whose network the others share. */
export type RunningThing =
  | { readonly process: ProcessIdentity }
  | { readonly container: string }
  | { readonly network: string }

/** The name under which the container of the network is noted. */
export const NETWORK = 'network'

export const stateFile = (directory: string): string => path.join(directory, 'stack.json')
export const lockFile = (directory: string): string => path.join(directory, 'lock')
export const logFileOf = (directory: string, name: string): string => path.join(directory, 'logs', `${name}.log`)
export const outputFileOf = (directory: string, name: string): string => path.join(directory, 'logs', `${name}.out`)
const pidDirectory = (directory: string): string => path.join(directory, 'pids')

/** The state in a folder, or null where there is none or one that this version does not know. */
export function readState(directory: string): StackState | null {
  const state = readJson<StackState>(stateFile(directory))
  return state?.format === 1 ? state : null
}

export const writeState = (directory: string, state: StackState): void =>
  writeWhole(stateFile(directory), `${JSON.stringify(state, null, 2)}\n`)

/** Marks the beginning of a run: who looked after an earlier one in this folder sees that it is over. */
export function beginRun(directory: string): string {
  const run = randomUUID()
  writeWhole(path.join(directory, 'run'), run)
  return run
}

export function readRun(directory: string): string | null {
  try {
    return readFileSync(path.join(directory, 'run'), 'utf8')
  } catch {
    return null
  }
}

/** Notes what runs under a name, before anything else is done with it. */
export const notePid = (directory: string, name: string, thing: RunningThing): void =>
  writeWhole(path.join(pidDirectory(directory), `${name}.json`), JSON.stringify(thing))

export const readPid = (directory: string, name: string): RunningThing | null =>
  readJson<RunningThing>(path.join(pidDirectory(directory), `${name}.json`))

export const forgetPid = (directory: string, name: string): void =>
  rmSync(path.join(pidDirectory(directory), `${name}.json`), { force: true })

/** Names of everything that was noted and not forgotten, servers and the tools that prepare them alike. */
export function listPids(directory: string): string[] {
  makeDirectorySync(pidDirectory(directory))
  return readdirSync(pidDirectory(directory))
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length))
}

/** Notes the volume of a container's data, beside the folders that hold the data of processes. */
export const noteVolume = (directory: string, name: string, volume: string): void =>
  writeWhole(path.join(directory, 'data', `${name}${VOLUME_SUFFIX}`), volume)

/** The volumes that were noted and whose notes are still there. */
export function listVolumes(directory: string): string[] {
  const data = path.join(directory, 'data')
  if (!existsSync(data)) return []
  const notes = readdirSync(data).filter(file => file.endsWith(VOLUME_SUFFIX))
  return notes.map(file => readFileSync(path.join(data, file), 'utf8'))
}

const VOLUME_SUFFIX = '.volume'

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}

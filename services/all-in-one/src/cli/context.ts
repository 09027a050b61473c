import type { Readable } from 'node:stream'
import type { Clock } from '@millrace/runtime'
import type { Terminal } from './terminal.ts'

/** What every command gets of the world. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Standard input. */
  readonly stdin: Readable
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal
  readonly environment: NodeJS.ProcessEnv
  readonly clock: Clock
}

/** Exit codes of the command line. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The command worked, and what it compared differs, or some of what it sent was refused. */
  difference: 3,
} as const

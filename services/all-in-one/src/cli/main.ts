import { writeSync } from 'node:fs'
import { systemClock } from '@millrace/runtime'
import { runCli } from './program.ts'
import { createTerminal, written } from './terminal.ts'

const terminal = createTerminal(process, () => systemClock.now(), process.env)
const abort = new AbortController()
/** A signal to a whole process group comes twice where a parent, as npm, sends it on. */
const SAME_SIGNAL_MS = 500
let signalledMs: number | null = null
const onSignal = (): void => {
  if (signalledMs !== null) {
    if (systemClock.now() - signalledMs < SAME_SIGNAL_MS) return
    terminal.say('Stopped at once; what was open may be unfinished.')
    process.exit(1)
  }
  signalledMs = systemClock.now()
  terminal.say('Stopping (again to stop at once) ...')
  abort.abort()
}
process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
process.stderr.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe may go before it has read all, as `head` does.
  if (error.code === 'EPIPE') process.exit(0)
  try {
    writeSync(process.stderr.fd, `Standard output cannot be written (${error.code}): the result is incomplete.\n`)
  } finally {
    process.exit(1)
  }
})
const code = await runCli(process.argv.slice(2), {
  terminal,
  stdin: process.stdin,
  signal: abort.signal,
  environment: process.env,
  clock: systemClock,
})
// Writes to a pipe go on after they return, and the end of the process would cut them off.
await Promise.all([written(process.stdout), written(process.stderr)])
process.exit(code)

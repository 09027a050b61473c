import { systemClock } from '@millrace/runtime'
import { runCli } from './program.ts'
import { createTerminal } from './terminal.ts'

const terminal = createTerminal(process, () => systemClock.now())
const abort = new AbortController()
let signals = 0
const onSignal = (): void => {
  if (++signals > 1) {
    terminal.say('Stopped at once; what was open may be unfinished.')
    process.exit(1)
  }
  terminal.say('Stopping (again to stop at once) ...')
  abort.abort()
}
process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exit(
  await runCli(process.argv.slice(2), { terminal, signal: abort.signal, environment: process.env, clock: systemClock }),
)

import { createLogger, runService, systemClock } from '../src/index.ts'

/* A process that the test signals. Argument: how its component behaves. */
const behaviour = process.argv[2]
const say = (line: string): void => void process.stdout.write(`${line}\n`)
await runService({
  logger: createLogger('fixture', { level: 'silent' }),
  drainDelayMs: 0,
  stopDeadlineMs: behaviour === 'stuck' ? 200 : 20_000,
  components: [
    {
      name: 'worker',
      start: async () => {
        if (behaviour === 'bad-start') throw new Error('cannot start')
        setInterval(() => {}, 1000)
        say('up')
        if (behaviour === 'waits') await new Promise(() => {})
      },
      stop: async () => {
        say('draining')
        if (behaviour === 'stuck') await new Promise(() => {})
        if (behaviour === 'slow') await systemClock.sleep(15_000)
        say('drained')
      },
    },
  ],
  ...(behaviour === 'fails' ? { finished: systemClock.sleep(10).then(() => Promise.reject(new Error('broken'))) } : {}),
  ...(behaviour === 'ends' ? { finished: systemClock.sleep(10) } : {}),
})

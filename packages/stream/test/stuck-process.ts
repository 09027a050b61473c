import { createKafkaEventLog } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createRunner } from '../src/index.ts'
import { renamedLog } from './renamed-log.ts'
import { copying, gate, samples } from './support.ts'

/*
 * A process whose sink is stuck until SIGUSR2: `node stuck-process.ts <broker> <suffix> <bytes in flight>`. Says four
 * times a second how much memory it has and what it holds, as JSON lines.
 */
const [broker = '', suffix = '', maxInFlightBytes = ''] = process.argv.slice(2)
const { opened, open } = gate()
process.on('SIGUSR2', open)
const logger = createLogger('stuck-process', { level: 'silent' })
const log = createKafkaEventLog({ brokers: [broker], clientId: 'stuck-process', clock: systemClock, logger })
const metrics = createServiceMetrics('stuck-process', { processMetrics: false })
const runner = createRunner({
  topology: copying({
    process: async records => {
      await opened
      return { emits: [], failed: [], done: records.at(-1)!.offset + 1 }
    },
  }),
  log: renamedLog(log, suffix),
  clock: systemClock,
  logger,
  metrics,
  health: createHealth(),
  options: { maxInFlightBytes: Number(maxInFlightBytes), maxBatchBytes: 256 << 10 },
})
await runner.start()
process.on('SIGTERM', async () => {
  await runner.stop()
  await log.close()
  process.exit(0)
})
for (;;) {
  const [inFlightBytes = 0] = Object.values(await samples(metrics.inFlightBytes))
  process.stdout.write(`${JSON.stringify({ rssBytes: process.memoryUsage.rss(), inFlightBytes })}\n`)
  await systemClock.sleep(250)
}

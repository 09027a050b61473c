import { createKafkaEventLog } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createRunner } from '../src/index.ts'
import { remembering } from './remembering.ts'
import { renamedLog } from './renamed-log.ts'

/* A process to be killed: `node runner-process.ts <broker> <suffix>` runs the remembering topology. */
const [broker = '', suffix = ''] = process.argv.slice(2)
const logger = createLogger('runner-process', { level: 'warn' })
const log = createKafkaEventLog({ brokers: [broker], clientId: 'runner-process', clock: systemClock, logger })
const runner = createRunner({
  topology: remembering,
  log: renamedLog(log, suffix),
  clock: systemClock,
  logger,
  metrics: createServiceMetrics('runner-process', { processMetrics: false }),
  health: createHealth(),
  options: { sessionTimeoutMs: 6_000, commitEveryMs: 200, maxBatchBytes: 20_000 },
})
await runner.start()
process.on('SIGTERM', async () => {
  await runner.stop()
  await log.close()
})
await runner.finished

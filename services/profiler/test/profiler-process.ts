import { createEmbeddedEventLog, type EventLog, type LogProducer } from '@millrace/event-log'
import { createLogger, startMain, systemClock } from '@millrace/runtime'
import { runProfiler } from '../src/app.ts'

/*
 * The profiler as it runs in production, but over the embedded log in DIRECTORY. It is killed after DIE_AFTER batches that it
 * published, before it commits them.
 */

const { DIRECTORY = '', DIE_AFTER = 'never', ...variables } = process.env
const log = await createEmbeddedEventLog({
  directory: DIRECTORY,
  clock: systemClock,
  logger: createLogger('profiler-process', { level: 'silent' }),
})
let published = 0

const disturbed = (producer: LogProducer): LogProducer => ({
  ...producer,
  partitionFor: (topic, key) => producer.partitionFor(topic, key),
  get inFlightBytes() {
    return producer.inFlightBytes
  },
  async append(topic, records, options) {
    const results = await producer.append(topic, records, options)
    if (++published === Number(DIE_AFTER)) process.kill(process.pid, 'SIGKILL')
    return results
  },
  close: () => producer.close(),
})
const wrapped: EventLog = { ...log, producer: async options => disturbed(await log.producer(options)) }

await startMain(() => runProfiler(variables, () => wrapped))

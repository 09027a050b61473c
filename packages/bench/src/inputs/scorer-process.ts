import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { createHealth, createLogger, createServiceMetrics, systemClock } from '@millrace/runtime'
import { createRunner } from '@millrace/stream'
import { waitUntil } from '@millrace/testing'
import { openLog } from './kafka.ts'
import { onTopic } from './run-topology.ts'

// A scorer as its service runs it, on a topic of the caller's. argv: brokers, topic. Says when it has its partitions.
const [, , brokers, topic] = process.argv
const log = openLog({ kafka: { brokers: brokers!.split(',') }, hdfs: null, cassandra: null })
const health = createHealth()
const runner = createRunner({
  log,
  clock: systemClock,
  logger: createLogger('bench', { level: 'warn' }),
  metrics: createServiceMetrics('bench'),
  health,
  topology: onTopic(createAnomalyScorerTopology(), topic!),
})
await runner.start()
await waitUntil(() => health.notReady() === null, { deadlineMs: 60_000, what: 'the scorer to be ready' })
process.send!('ready')
process.once('disconnect', async () => {
  await runner.stop()
  await log.close()
})

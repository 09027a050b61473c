import { randomUUID } from 'node:crypto'
import type { EventLog } from '@millrace/event-log'
import {
  createHealth,
  createLogger,
  createServiceMetrics,
  type Logger,
  type ServiceMetrics,
  systemClock,
} from '@millrace/runtime'
import { createRunner, type Topology } from '@millrace/stream'

export interface TopologyRun {
  readonly log: EventLog
  readonly topology: Topology
  /** Read from its beginning, by a group of its own, in place of the topology's topics. */
  readonly topic: string
  /** How many records the topic holds. */
  readonly records: number
  readonly metrics?: ServiceMetrics
  readonly logger?: Logger
}

export interface OnTopicOptions {
  readonly onBegin?: () => void
  readonly onDone?: (records: number) => void
}

/** The topology as a group of its own that reads another topic in place of its first. */
export function onTopic(topology: Topology, topic: string, { onBegin, onDone }: OnTopicOptions = {}): Topology {
  const [read] = topology.topics
  return {
    name: `bench-${randomUUID()}`,
    topics: [{ ...read!, name: topic }],
    outputs: topology.outputs,
    createProcessor(_topic, partition) {
      const processor = topology.createProcessor(read!, partition)
      const process = processor.process.bind(processor)
      processor.process = async batch => {
        onBegin?.()
        const result = await process(batch)
        onDone?.(batch.length)
        return result
      }
      return processor
    },
  }
}

/** Of all runs: each set watches its process for as long as that lives. */
const ownMetrics = createServiceMetrics('bench')

const moment = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 1))

/** Records per second of a topology on Kafka, from its first record until everything is processed and stored; joining does not count. */
export async function runToEnd({ log, topology, topic, records, metrics, logger }: TopologyRun): Promise<number> {
  let seen = 0
  let startMs = 0
  const runner = createRunner({
    log,
    clock: systemClock,
    logger: logger ?? createLogger('bench', { level: 'silent' }),
    metrics: metrics ?? ownMetrics,
    health: createHealth(),
    topology: onTopic(topology, topic, {
      onBegin() {
        if (seen === 0) startMs = performance.now()
      },
      onDone(count) {
        seen += count
      },
    }),
  })
  await runner.start()
  const failed = runner.finished.then(() => Promise.reject(new Error('The runner ended.')))
  failed.catch(() => {})
  while (seen < records || !runner.isQuiet) await Promise.race([moment(), failed])
  const tookMs = performance.now() - startMs
  await runner.stop()
  return records / (tookMs / 1_000)
}

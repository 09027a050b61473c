import type { Clock, Logger } from '@millrace/runtime'
import { logError } from '../errors.ts'
import type { ConsumerEvent, ConsumerOptions, LogConsumer } from '../event-log.ts'
import type { EmbeddedTopics } from './embedded-topics.ts'
import type { Group, GroupMember } from './group.ts'
import type { PartitionLog } from './partition-log.ts'

interface Delivery {
  readonly topic: string
  readonly partition: number
  readonly epoch: number
  readonly log: PartitionLog
  readonly unlisten: () => void
  /** Next offset to deliver; null until `start`. */
  position: number | null
  isPaused: boolean
}

const DEFAULT_BATCH_BYTES = 1 << 20

export function createEmbeddedConsumer(
  options: ConsumerOptions,
  parts: {
    readonly topics: EmbeddedTopics
    readonly group: Group
    readonly clock: Clock
    readonly logger: Logger
    readonly onClosed: () => void
  },
): LogConsumer {
  const { topics, group, clock, logger, onClosed } = parts
  const { maxBatchBytes = DEFAULT_BATCH_BYTES } = options
  const events: Exclude<ConsumerEvent, { type: 'records' }>[] = []
  /** In the order in which they are served; the one that was served goes to the end. */
  const deliveries = new Map<string, Delivery>()
  let wake = (): void => {}
  let isClosed = false
  const keyOf = (of: { topic: string; partition: number }): string => `${of.topic}/${of.partition}`

  const member: GroupMember = {
    clientId: options.clientId,
    topics: options.topics,
    onEvent(event) {
      for (const { topic, partition, epoch } of event.assignments) {
        const key = keyOf({ topic, partition })
        deliveries.get(key)?.unlisten()
        deliveries.delete(key)
        if (event.type === 'revoked') continue
        const log = topics.partition(topic, partition)
        const unlisten = log.onAppend(() => wake())
        deliveries.set(key, { topic, partition, epoch, log, unlisten, position: null, isPaused: false })
      }
      events.push(event)
      wake()
    },
  }
  for (const topic of options.topics) topics.get(topic)
  group.join(member)

  async function nextRecords(): Promise<ConsumerEvent | null> {
    for (const [key, delivery] of [...deliveries]) {
      const { topic, partition, epoch, log, position } = delivery
      if (position === null || delivery.isPaused) continue
      const { end } = log
      if (position > end) {
        logger.warn({ topic, partition, position, end }, 'position_after_end_reset_to_earliest')
        delivery.position = log.earliest
      }
      const from = delivery.position!
      if (from >= end) continue
      const records = await log.read(from, end, maxBatchBytes)
      // While it was read the partition may have been lost, rewound or paused.
      const isCurrent = deliveries.get(key) === delivery && delivery.position === from && !delivery.isPaused
      const last = records.at(-1)
      if (!isCurrent || !last) continue
      delivery.position = last.offset + 1
      deliveries.delete(key)
      deliveries.set(key, delivery)
      return { type: 'records', topic, partition, epoch, records, end }
    }
    return null
  }

  const deliveryOf = (of: { topic: string; partition: number }): Delivery | undefined => deliveries.get(keyOf(of))

  return {
    async poll(maxWaitMs) {
      const timeout = new AbortController()
      let waited: Promise<void> | undefined
      let isPatient = maxWaitMs > 0
      try {
        for (;;) {
          if (isClosed) throw logError('log_closed')
          // Made before looking, so that nothing that happens meanwhile is missed.
          const changed = new Promise<void>(resolve => {
            wake = resolve
          })
          const event = events.shift() ?? (await nextRecords()) ?? events.shift()
          if (isClosed) throw logError('log_closed')
          if (event) return event
          if (!isPatient) return null
          waited ??= clock.sleep(maxWaitMs, timeout.signal).then(
            () => {
              isPatient = false
            },
            () => {},
          )
          await Promise.race([changed, waited])
        }
      } finally {
        timeout.abort()
      }
    },
    start({ topic, partition, epoch }, offset) {
      const delivery = deliveryOf({ topic, partition })
      if (delivery?.epoch !== epoch) return
      delivery.position = offset
      wake()
    },
    pause(partitions) {
      for (const of of partitions) {
        const delivery = deliveryOf(of)
        if (delivery) delivery.isPaused = true
      }
    },
    resume(partitions) {
      for (const of of partitions) {
        const delivery = deliveryOf(of)
        if (delivery) delivery.isPaused = false
      }
      wake()
    },
    async commit(positions) {
      if (isClosed) throw logError('log_closed')
      await group.commit(member, positions)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      group.leave(member)
      wake()
      onClosed()
    },
  }
}

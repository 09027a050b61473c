import { type EventLog, type LogProducer, logError } from '@millrace/event-log'
import { CodedError } from '@millrace/runtime'

const ANY_KEY = Buffer.alloc(0)

/**
 * A producer for these topics, made only when the log has a leader for every partition of them: the offsets of a partition
 * are known to its leader only.
 * @param within bounds the time of each question
 * @throws unknown_topic with the names of all topics that are missing; log_unavailable while a leader is missing
 */
export async function openProducer(
  log: EventLog,
  options: {
    readonly clientId: string
    readonly topics: readonly string[]
    readonly within: <T>(work: Promise<T>) => Promise<T>
  },
): Promise<LogProducer> {
  const { clientId, topics, within } = options
  const missing: string[] = []
  for (const topic of topics)
    try {
      await within(log.range(topic))
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'unknown_topic')) throw error
      missing.push(topic)
    }
  if (missing.length > 0) throw logError('unknown_topic', { topic: missing.join(', ') })
  const producer = await log.producer({ clientId })
  try {
    // A producer learns its topics when it is made; one that does not know them all is made again.
    for (const topic of topics) producer.partitionFor(topic, ANY_KEY)
  } catch (error) {
    await producer.close()
    throw error
  }
  return producer
}

import { type AppendResult, type EventLog, type LogProducer, logError, type OutgoingRecord } from '@millrace/event-log'
import { type Clock, CodedError, type Component, type Logger } from '@millrace/runtime'
import { createLogSaturation } from './log-saturation.ts'
import { openProducer } from './open-producer.ts'

const RECONNECT_MS = 1_000
const PING_EVERY_MS = 5_000
const ANSWER_LIMIT_MS = 4_000

/** The gateway's one connection to the event log. */
export interface LogClient extends Component {
  /** Stores records as `LogProducer.append` does, which answers by the deadline. Every record fails before the log was ready for the first time. */
  append(topic: string, records: readonly OutgoingRecord[], deadlineMs: number): Promise<readonly AppendResult[]>
  /** The partition of a key; undefined before the log was ready for the first time. */
  partitionFor(topic: string, key: Buffer): number | undefined
  /** The partitions of a topic; null while the log does not answer. */
  partitionsOf(topic: string): Promise<readonly number[] | null>
  /** Null when the log answers, and has a leader for every partition that the gateway writes; else what is wrong. */
  problem(): string | null
  /** True while the log refuses more records than it stores, because they would wait too long. */
  readonly saturated: boolean
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Connects as soon as the log is ready, and pings it from then on. */
export function createLogClient(options: {
  readonly log: EventLog
  readonly clientId: string
  /** Topics that the gateway writes; no record is accepted before every partition of them has a leader. */
  readonly topics: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}): LogClient {
  const { log, clientId, topics, clock, logger } = options
  const stopped = new AbortController()
  const untilStopped = new Promise<void>(resolve => stopped.signal.addEventListener('abort', () => resolve()))
  const saturation = createLogSaturation(clock)
  let producer: LogProducer | undefined
  /** Why the log cannot be used now; undefined when it can. */
  let failure: unknown = new Error('not connected yet')
  let isReported = false
  let watching: Promise<void> = Promise.resolve()

  function report(now: unknown): void {
    const changed = (now === undefined) !== (failure === undefined)
    failure = now
    if (stopped.signal.aborted || (isReported && !changed)) return
    isReported = true
    if (now === undefined) logger.info('log_reachable')
    else logger.warn({ reason: messageOf(now) }, 'log_unreachable')
  }

  async function within<T>(work: Promise<T>): Promise<T> {
    const done = new AbortController()
    const late = clock.sleep(ANSWER_LIMIT_MS, AbortSignal.any([done.signal, stopped.signal])).then(() => {
      throw new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      late.catch(() => {})
      done.abort()
    }
  }

  async function connect(): Promise<void> {
    const opening = openProducer(log, { clientId, topics, within }).then(opened => {
      if (stopped.signal.aborted) return opened.close()
      producer = opened
    })
    opening.catch(() => {})
    await Promise.race([opening, untilStopped])
  }

  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await within(log.ping())
        if (!producer) await connect()
        report(undefined)
      } catch (error) {
        report(error)
      }
      await clock.sleep(failure === undefined ? PING_EVERY_MS : RECONNECT_MS, stopped.signal).catch(() => {})
    }
  }

  const isTopicMissing = (error: unknown): error is CodedError =>
    error instanceof CodedError && error.code === 'unknown_topic'

  return {
    name: 'log-client',
    async start() {
      watching = watch()
    },
    async stop() {
      stopped.abort()
      await watching
      await producer?.close()
    },
    partitionFor(topic, key) {
      try {
        return producer?.partitionFor(topic, key)
      } catch (error) {
        // The append says so.
        if (isTopicMissing(error)) return undefined
        throw error
      }
    },
    async partitionsOf(topic) {
      try {
        return (await within(log.range(topic))).map(({ partition }) => partition)
      } catch {
        return null
      }
    },
    problem: () => (failure === undefined ? null : messageOf(failure)),
    get saturated() {
      return saturation.isSaturated()
    },
    async append(topic, records, deadlineMs) {
      if (!producer) {
        const error = isTopicMissing(failure)
          ? failure
          : logError('log_unavailable', { where: 'its address', reason: messageOf(failure) }, failure)
        return records.map(() => ({ ok: false, error }))
      }
      const results = await producer.append(topic, records, { deadlineMs })
      saturation.record(results)
      return results
    },
  }
}

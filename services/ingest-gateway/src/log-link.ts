import { type AppendResult, type EventLog, type LogProducer, logError, type OutgoingRecord } from '@millrace/event-log'
import { type Clock, CodedError, type Component, type Logger } from '@millrace/runtime'

const RECONNECT_MS = 1_000
const PING_EVERY_MS = 5_000
const PING_LIMIT_MS = 4_000
/** How much longer than its deadline an append may take before the link stops waiting for the producer's own answer. */
const GRACE_MS = 500

/** The gateway's one connection to the event log. */
export interface LogLink extends Component {
  /** Stores records; resolves with one result each, at most half a second after the deadline, whatever the log does. Never rejects. */
  append(topic: string, records: readonly OutgoingRecord[], deadlineMs: number): Promise<readonly AppendResult[]>
  /** Null when the log answers, else what is wrong. */
  problem(): string | null
  readonly inFlightBytes: number
}

interface Waiting {
  readonly untilMs: number
  readonly giveUp: () => void
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Connects when the log lets it, keeps an eye on it, and never lets a caller wait for ever. */
export function createLogLink(options: {
  readonly log: EventLog
  readonly clientId: string
  /** Topics that there must be before there is no problem. */
  readonly topics?: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}): LogLink {
  const { log, clientId, clock, logger } = options
  const unseen = new Set(options.topics)
  const stopped = new AbortController()
  const untilStopped = new Promise<void>(resolve => stopped.signal.addEventListener('abort', () => resolve()))
  const waiting = new Set<Waiting>()
  let producer: LogProducer | undefined
  let problem: string | null = 'not connected yet'
  let watching: Promise<void> = Promise.resolve()
  let sweeping = false

  function report(now: string | null): void {
    if ((now === null) !== (problem === null)) {
      if (now === null) logger.info('log_reachable')
      else logger.warn({ reason: now }, 'log_unreachable')
    }
    problem = now
  }

  async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
    const done = new AbortController()
    const late = clock.sleep(limitMs, AbortSignal.any([done.signal, stopped.signal])).then(() => {
      throw new Error(`no answer within ${limitMs} ms`)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      late.catch(() => {})
      done.abort()
    }
  }

  async function connect(): Promise<void> {
    const made = log.producer({ clientId })
    made.then(
      late => {
        if (stopped.signal.aborted) return late.close().catch(() => {})
        producer = late
      },
      () => {},
    )
    await Promise.race([made, untilStopped])
  }

  /** The topics that were never seen yet, each asked for until it is there. */
  async function absentTopics(): Promise<string[]> {
    for (const topic of unseen)
      try {
        await log.range(topic)
        unseen.delete(topic)
      } catch (error) {
        if (!(error instanceof CodedError && error.code === 'unknown_topic')) throw error
      }
    return [...unseen]
  }

  async function watch(): Promise<void> {
    let firstReported = false
    while (!stopped.signal.aborted) {
      try {
        if (!producer) await connect()
        await within(log.ping(), PING_LIMIT_MS)
        const absent = unseen.size > 0 ? await within(absentTopics(), PING_LIMIT_MS) : []
        if (absent.length > 0) throw new Error(`the event log has no topic ${absent.join(', ')} yet`)
        report(null)
      } catch (error) {
        if (!firstReported && !stopped.signal.aborted) logger.warn({ reason: messageOf(error) }, 'log_unreachable')
        report(messageOf(error))
      }
      firstReported = true
      await clock.sleep(problem === null ? PING_EVERY_MS : RECONNECT_MS, stopped.signal).catch(() => {})
    }
  }

  /** One loop for all waiting appends, and none when nothing waits: a timer per request would cost more than the request. */
  async function sweep(): Promise<void> {
    if (sweeping) return
    sweeping = true
    while (waiting.size > 0) {
      await clock.sleep(GRACE_MS / 2)
      for (const entry of waiting) if (entry.untilMs <= clock.now()) entry.giveUp()
    }
    sweeping = false
  }

  const allFail = (records: readonly OutgoingRecord[], error: ReturnType<typeof logError>): AppendResult[] =>
    records.map(() => ({ ok: false, error }))

  return {
    name: 'log-link',
    async start() {
      watching = watch()
    },
    async stop() {
      stopped.abort()
      await watching
      await producer?.close()
    },
    problem: () => problem,
    get inFlightBytes() {
      return producer?.inFlightBytes ?? 0
    },
    append(topic, records, deadlineMs) {
      const taken = producer
      if (!taken)
        return Promise.resolve(allFail(records, logError('log_unavailable', { where: 'its address', reason: problem })))
      return new Promise(resolve => {
        const entry: Waiting = {
          untilMs: clock.now() + deadlineMs + GRACE_MS / 2,
          giveUp: () => settle(allFail(records, logError('append_timeout', { topic, partition: 'any' }))),
        }
        const settle = (results: readonly AppendResult[]): void => {
          waiting.delete(entry)
          resolve(results)
        }
        waiting.add(entry)
        void sweep()
        taken.append(topic, records, { deadlineMs }).then(settle, (error: unknown) => {
          logger.error({ err: error, topic }, 'append_rejected')
          settle(allFail(records, logError('append_timeout', { topic, partition: 'any' }, error)))
        })
      })
    },
  }
}

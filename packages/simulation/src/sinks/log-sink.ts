import type { AppendResult, LogProducer, OutgoingRecord } from '@millrace/event-log'
import { type Clock, type CodedError, type Logger, WaitReasons } from '@millrace/runtime'
import type { SimulatedRecord } from '../actor.ts'
import { simulationError } from '../errors.ts'
import { Random } from '../random.ts'
import type { EventSink, WriteResult } from '../sink.ts'
import { createRetryBackoff } from './retry-backoff.ts'

export interface LogSinkOptions {
  readonly producer: LogProducer
  readonly clock: Clock
  readonly logger: Logger
  /** How long the log may take to answer one append, ms. */
  readonly deadlineMs?: number
  /** How long the log may take nothing before the sink gives up, ms. */
  readonly retryTimeoutMs?: number
}

/**
 * A sink that appends straight to the event log, one batch at a time; it closes the producer. Records that fail for a
 * reason that may pass are sent again, the same bytes: after a timeout the log may then hold them twice, under one event id.
 */
export function createLogSink(options: LogSinkOptions): EventSink {
  const { producer, clock, logger, deadlineMs = 10_000, retryTimeoutMs = 300_000 } = options
  const backoff = createRetryBackoff({ clock, retryTimeoutMs, random: new Random('log-sink') })
  const reasons = new WaitReasons(reason => logger.warn({ reason }, 'log_not_taking'))
  let broken: CodedError | null = null
  let tail: Promise<unknown> = Promise.resolve()

  async function appendAll(records: readonly SimulatedRecord[], results: (AppendResult | null)[], indices: number[]) {
    const byTopic = Map.groupBy(indices, index => records[index]!.topic)
    for (const [topic, own] of byTopic) {
      const timestampMs = clock.now()
      const outgoing = own.map((index): OutgoingRecord => {
        const record = records[index]!
        return { key: Buffer.from(record.key), value: Buffer.from(record.value), timestampMs }
      })
      const answers = await reasons.during(producer.append(topic, outgoing, { deadlineMs }), clock)
      own.forEach((index, position) => {
        results[index] = answers[position]!
      })
    }
  }

  async function writeNow(records: readonly SimulatedRecord[], giveUp: AbortSignal): Promise<readonly WriteResult[]> {
    const results: (AppendResult | null)[] = records.map(() => null)
    let waiting = records.map((_, index) => index)
    while (!broken && waiting.length > 0) {
      await appendAll(records, results, waiting)
      const before = waiting.length
      waiting = waiting.filter(index => isWaiting(results[index]!))
      if (waiting.length < before) {
        backoff.reset()
        if (reasons.over()) logger.info('log_taking_again')
      }
      if (waiting.length === 0) break
      const reason = errorOf(results[waiting[0]!]!)
      reasons.say(reason!.message)
      if (!(await backoff.wait(null, giveUp)))
        broken = giveUp.aborted
          ? simulationError('given_up', {}, reason)
          : simulationError(
              'log_unavailable',
              { seconds: Math.round(backoff.failingMs() / 1000), reason: reason!.message },
              reason,
            )
    }
    broken ??= results.map(result => (result ? fatalOf(result) : null)).find(error => error !== null) ?? null
    return results.map(result => judge(result, broken))
  }

  return {
    name: 'kafka',
    write(records, giveUp) {
      const result = tail.then(() => writeNow(records, giveUp))
      tail = result
      return result
    },
    close: () => producer.close(),
  }
}

const errorOf = (result: AppendResult): CodedError | null => (result.ok ? null : result.error)
const isWaiting = (result: AppendResult): boolean => !result.ok && result.error.retryable

const fatalOf = (result: AppendResult): CodedError | null =>
  result.ok || result.error.retryable || result.error.kind === 'input' ? null : result.error

function judge(result: AppendResult | null, broken: CodedError | null): WriteResult {
  if (result?.ok) return null
  if (result && !result.error.retryable && result.error.kind === 'input')
    return { kind: 'refused', code: result.error.code, message: result.error.message }
  return { kind: 'unanswered', error: broken ?? result?.error ?? simulationError('sink_closed') }
}

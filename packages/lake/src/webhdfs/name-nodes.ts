import { type Clock, CodedError, type Logger } from '@millrace/runtime'
import { lakeError } from '../errors.ts'
import { DeadlineError, withStallDeadline } from './deadline.ts'
import { type Call, isNameNodeFault } from './reply.ts'

export interface RetryOptions {
  /** Attempts of one operation in total, at least one per NameNode. */
  readonly attempts: number
  /** Back-off before the second attempt, ms; doubled before each further one. */
  readonly firstDelayMs: number
}

export interface NameNodes {
  /** Location for messages. */
  readonly where: string
  /**
   * Asks the NameNode that answered last, with a timeout.
   * @throws retryable `lake_timeout` and `lake_unavailable` when no answer arrived
   */
  ask<T>(call: Call, work: (nameNode: URL, signal: AbortSignal) => Promise<T>): Promise<T>
  /** Repeats `attempt` while it throws retryable errors, a bounded number of times; fails over to the next NameNode when the current one caused the error. */
  retrying<T>(attempt: (index: number) => Promise<T>): Promise<T>
}

/** Maps an error of the transport, after which it is not known whether the call was executed. */
export function noAnswer(error: unknown, call: Call, nameNodeFault: boolean): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof DeadlineError) {
    return lakeError('lake_timeout', { ...call, timeoutMs: error.timeoutMs, unanswered: true, nameNodeFault }, error)
  }
  const reason = error instanceof Error ? error.message || error.name : String(error)
  return lakeError('lake_unavailable', { ...call, reason, unanswered: true, nameNodeFault }, error)
}

export function createNameNodes({
  urls,
  answerTimeoutMs,
  retry,
  clock,
  logger,
}: {
  readonly urls: readonly URL[]
  readonly answerTimeoutMs: number
  readonly retry: RetryOptions
  readonly clock: Clock
  readonly logger: Logger | undefined
}): NameNodes {
  const attempts = Math.max(retry.attempts, urls.length)
  let active = 0

  return {
    where: `hdfs at ${urls.map(url => url.origin).join(', ')}`,
    async ask(call, work) {
      const asked = active
      try {
        return await withStallDeadline(clock, answerTimeoutMs, signal => work(urls[asked]!, signal))
      } catch (error) {
        throw noAnswer(error, call, true)
      }
    },
    async retrying(attempt) {
      let failedOver = 0
      for (let index = 0; ; index++) {
        const asked = active
        try {
          return await attempt(index)
        } catch (error) {
          if (!(error instanceof CodedError) || !error.retryable || index + 1 >= attempts) throw error
          let delayMs = retry.firstDelayMs * 2 ** index
          if (isNameNodeFault(error) && urls.length > 1) {
            if (asked === active) {
              active = (active + 1) % urls.length
              logger?.warn(
                { from: urls[asked]!.origin, to: urls[active]!.origin, reason: error.message },
                'name_node_failover',
              )
            }
            failedOver += 1
            // Every NameNode is asked once before the first back-off.
            if (failedOver % urls.length !== 0) delayMs = 0
          }
          if (delayMs > 0) await clock.sleep(delayMs)
        }
      }
    },
  }
}

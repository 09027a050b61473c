import type { EventLog, LogConsumer, LogProducer } from '@millrace/event-log'
import { type Clock, type Logger, Semaphore, type ServiceMetrics } from '@millrace/runtime'
import { Committer } from './committer.ts'
import { awaitTopic } from './errors.ts'
import type { PartitionWorker, WorkerParts } from './partition-worker.ts'
import { type PendingRetry, retry } from './retry.ts'
import type { ResolvedOptions } from './runner-options.ts'
import type { Topology } from './topology.ts'

/** What the last steps of a stop may take each when the drain deadline has passed. */
const LAST_STEP_MS = 1_000

export interface MembershipParts {
  readonly topology: Topology
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ServiceMetrics
  readonly options: ResolvedOptions
}

/** Membership in the consumer group: its consumer, producer and committer, and what the workers need of them. */
export interface Membership {
  readonly consumer: LogConsumer
  readonly producer: LogProducer
  readonly committer: Committer
  readonly workerParts: WorkerParts
}

/** Joins the group of the topology's name; an unreachable log, or one without the topics, is tried again until the retry deadline. */
export async function joinGroup(
  parts: MembershipParts,
  on: {
    readonly signal: AbortSignal
    readonly onPendingRetry: (pendingRetry: PendingRetry | null) => void
    readonly onProgress: () => void
    readonly onFailed: (error: unknown) => void
  },
): Promise<Membership> {
  const { topology, log, clock, logger, metrics } = parts
  const { clientId, maxBatchBytes, sessionTimeoutMs, concurrency, random, retry: policy } = parts.options
  const retrying = {
    what: 'joining the group',
    policy,
    clock,
    random,
    signal: on.signal,
    onPendingRetry: on.onPendingRetry,
  }
  const producer = await retry(() => log.producer({ clientId }), retrying)
  try {
    const { name: group } = topology
    const topics = topology.topics.map(({ name }) => name)
    const options = { group, topics, clientId, maxBatchBytes, sessionTimeoutMs }
    const consumer = await retry(
      () => log.consumer(options).catch(error => Promise.reject(awaitTopic(error))),
      retrying,
    )
    const shared = { topology, log, consumer, producer, clock, logger, metrics, ...on }
    return {
      consumer,
      producer,
      committer: new Committer({ ...shared, group, retry: policy }),
      workerParts: { ...shared, options: parts.options, processing: new Semaphore(concurrency) },
    }
  } catch (error) {
    await producer.close()
    throw error
  }
}

/**
 * Leaves the group: finishes the current batches, commits, and closes. Where `isFailed`, nothing is finished or committed.
 * Each step that is not done by the drain deadline is named in the log, and the next one begins.
 */
export async function leaveGroup(
  { consumer, producer, committer }: Membership,
  workers: readonly PartitionWorker[],
  how: MembershipParts & { readonly isFailed: boolean; readonly ended: Promise<unknown> },
): Promise<void> {
  const { clock, logger, options, isFailed, ended } = how
  const untilMs = clock.now() + options.drainDeadlineMs
  const step = async (what: string, work: Promise<unknown>): Promise<void> => {
    const isDone = new AbortController()
    const settled = work
      .catch(error => logger.warn({ err: error, what }, 'stop_step_failed'))
      .then(() => isDone.abort(new Error('done')))
    const deadline = clock.sleep(Math.max(LAST_STEP_MS, untilMs - clock.now()), isDone.signal).then(
      () => logger.error({ what }, 'drain_deadline_passed'),
      () => {},
    )
    await Promise.race([settled, deadline])
  }
  consumer.pause(workers.map(({ assignment }) => assignment))
  if (!isFailed) {
    await step('finishing the current batches', Promise.all(workers.map(worker => worker.drain())))
    await step('committing', commitAll(committer, workers, { clock, everyMs: options.retry.firstDelayMs, untilMs }))
  }
  committer.close()
  for (const worker of workers) worker.lose()
  await step('ending the partition workers', ended)
  await step('leaving the group', consumer.close())
  await step('closing the producer', producer.close())
}

async function commitAll(
  committer: Committer,
  workers: readonly PartitionWorker[],
  { clock, everyMs, untilMs }: { readonly clock: Clock; readonly everyMs: number; readonly untilMs: number },
): Promise<void> {
  for (;;) {
    await committer.commit(workers)
    if (committer.isDone(workers) || clock.now() >= untilMs) return
    await clock.sleep(everyMs)
  }
}

import type { SinkRecord, WriteResult } from '../sink.ts'

/** A queue with one delivery at a time, which keeps its order. */
export interface SendQueue {
  /** Queues the records; resolves with a result for each when all have one. */
  send(records: readonly SinkRecord[], giveUp: AbortSignal): Promise<readonly WriteResult[]>
}

interface Job {
  readonly results: WriteResult[]
  readonly giveUp: AbortSignal
  /** How many records have no result. */
  open: number
  settle(error?: unknown): void
}

interface WaitingRecord {
  readonly record: SinkRecord
  readonly job: Job
  /** Its place in the results of the job. */
  readonly index: number
}

/**
 * Makes a send queue. What waits is delivered in groups of one topic, as large as the limits allow (a larger record goes alone).
 * For that a record may overtake those of other topics, but none of its own key.
 * @param deliver sends one group and answers for each record
 */
export function createSendQueue(options: {
  readonly maxRecords: number
  readonly maxChars: number
  readonly deliver: (records: readonly SinkRecord[], giveUp: AbortSignal) => Promise<readonly WriteResult[]>
}): SendQueue {
  let waiting: WaitingRecord[] = []
  let running = false

  function takeGroup(): WaitingRecord[] {
    const { topic } = waiting[0]!.record
    const group: WaitingRecord[] = []
    const left: WaitingRecord[] = []
    const keysLeft = new Set<string>()
    let chars = 0
    let position = 0
    for (; position < waiting.length; position++) {
      const next = waiting[position]!
      const { key, value } = next.record
      if (next.record.topic !== topic || keysLeft.has(key)) {
        keysLeft.add(key)
        left.push(next)
        continue
      }
      chars += value.length + 1
      if (group.length === options.maxRecords || (group.length > 0 && chars > options.maxChars)) break
      group.push(next)
    }
    waiting = left.concat(waiting.slice(position))
    return group
  }

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const group = takeGroup()
      try {
        const results = await options.deliver(
          group.map(({ record }) => record),
          group[0]!.job.giveUp,
        )
        group.forEach(({ job, index }, position) => {
          job.results[index] = results[position]!
          if (--job.open === 0) job.settle()
        })
      } catch (error) {
        for (const { job } of [...group, ...waiting.splice(0)]) job.settle(error)
      }
    }
    running = false
  }

  return {
    send: (records, giveUp) =>
      new Promise((resolve, reject) => {
        if (records.length === 0) return resolve([])
        const results: WriteResult[] = new Array(records.length).fill(null)
        const job: Job = {
          results,
          giveUp,
          open: records.length,
          settle: error => (error === undefined ? resolve(results) : reject(error)),
        }
        waiting.push(...records.map((record, index) => ({ record, job, index })))
        if (!running) void run()
      }),
  }
}

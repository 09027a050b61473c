import type { SinkRecord, WriteResult } from '../sink.ts'

/** A queue with one delivery at a time, which keeps its order. */
export interface SendQueue {
  /** Queues the records; resolves with a result for each when all have one. */
  send(records: readonly SinkRecord[], giveUp: AbortSignal): Promise<readonly WriteResult[]>
}

interface Job {
  readonly records: readonly SinkRecord[]
  readonly results: WriteResult[]
  readonly giveUp: AbortSignal
  /** How many records have been taken for delivery. */
  taken: number
  settle(error?: unknown): void
}

/**
 * Makes a send queue. What waits is delivered in groups of one topic, as large as the limits allow (a larger record goes alone).
 * @param deliver sends one group and answers for each record
 */
export function createSendQueue(options: {
  readonly maxRecords: number
  readonly maxChars: number
  readonly deliver: (records: readonly SinkRecord[], giveUp: AbortSignal) => Promise<readonly WriteResult[]>
}): SendQueue {
  const queue: Job[] = []
  let running = false

  /** The next group, each record with the job that gets its result. */
  function takeGroup(): { records: SinkRecord[]; jobs: Job[] } {
    const records: SinkRecord[] = []
    const jobs: Job[] = []
    let chars = 0
    for (const job of queue) {
      while (job.taken < job.records.length) {
        const record = job.records[job.taken]!
        chars += record.value.length + 1
        const isFull = records.length === options.maxRecords || chars > options.maxChars
        if (records.length > 0 && (isFull || record.topic !== records[0]!.topic)) return { records, jobs }
        records.push(record)
        jobs.push(job)
        job.taken++
      }
    }
    return { records, jobs }
  }

  async function run(): Promise<void> {
    running = true
    while (queue.length > 0) {
      try {
        const { records, jobs } = takeGroup()
        const results = await options.deliver(records, jobs[0]!.giveUp)
        results.forEach((result, index) => {
          jobs[index]!.results.push(result)
        })
        while (queue.length > 0 && queue[0]!.results.length === queue[0]!.records.length) queue.shift()!.settle()
      } catch (error) {
        for (const job of queue.splice(0)) job.settle(error)
      }
    }
    running = false
  }

  return {
    send: (records, giveUp) =>
      new Promise((resolve, reject) => {
        if (records.length === 0) return resolve([])
        const results: WriteResult[] = []
        queue.push({
          records,
          results,
          giveUp,
          taken: 0,
          settle: error => (error === undefined ? resolve(results) : reject(error)),
        })
        if (!running) void run()
      }),
  }
}

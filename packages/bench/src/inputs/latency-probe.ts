import { randomUUID } from 'node:crypto'
import type { EventLog, OutgoingRecord } from '@millrace/event-log'
import type { StackAddresses } from '@millrace/testing'
import { quantile } from '../compare.ts'
import type { Side } from '../row.ts'
import { openLog } from './kafka.ts'
import { lolRecords } from './lol-records.ts'
import { sleepUntil } from './sleep-until.ts'

const EVENT_ID = /"(?:sourceEventId|eventId)":"([^":]+)/

interface ProbeOptions {
  readonly log: EventLog
  /** Where events are sent to, and where what comes of them is read. */
  readonly from: string
  readonly to: string
  readonly perSecond: number
}

/** Sends moves one by one at a steady rate and waits for each at the other end. */
class LatencyProbe {
  readonly #options: ProbeOptions
  readonly #sentMs = new Map<string, number>()
  readonly #tookMs: number[] = []
  readonly #stop = new AbortController()
  #next = 0
  #reading: Promise<void> = Promise.resolve()
  readonly #records: readonly OutgoingRecord[]

  constructor(options: ProbeOptions) {
    this.#options = options
    // Nothing else is scored.
    this.#records = lolRecords(200_000, 1_000).filter(({ value }) => value.includes('"method":"/move"'))
  }

  /** Begins to read behind what is there. */
  async open(): Promise<void> {
    const { log, to } = this.#options
    const consumer = await log.consumer({ group: `bench-${randomUUID()}`, topics: [to], clientId: 'probe' })
    const assigned = Promise.withResolvers<void>()
    const read = async (): Promise<void> => {
      while (!this.#stop.signal.aborted) {
        const event = await consumer.poll(1_000)
        if (event?.type === 'assigned') {
          for (const one of event.assignments) consumer.start(one, one.end)
          assigned.resolve()
        }
        if (event?.type !== 'records') continue
        const nowMs = performance.now()
        for (const { value } of event.records) {
          const id = EVENT_ID.exec(value.toString('latin1'))?.[1]
          const sentMs = id === undefined ? undefined : this.#sentMs.get(id)
          if (sentMs === undefined) continue
          this.#sentMs.delete(id!)
          this.#tookMs.push(nowMs - sentMs)
        }
      }
      await consumer.close()
    }
    this.#reading = read()
    this.#reading.catch(assigned.reject)
    await assigned.promise
  }

  /** @returns how long each event took from the moment at which it was due, ms */
  async run(seconds: number): Promise<readonly number[]> {
    const { log, from, perSecond } = this.#options
    const producer = await log.producer({ clientId: 'probe' })
    this.#tookMs.length = 0
    const total = perSecond * seconds
    const startMs = performance.now()
    for (let number = 0; number < total; number++) {
      const dueMs = startMs + (number * 1_000) / perSecond
      await sleepUntil(dueMs)
      const record = this.#records[this.#next++ % this.#records.length]!
      this.#sentMs.set(EVENT_ID.exec(record.value.toString('latin1'))![1]!, dueMs)
      void producer.append(from, [record], { deadlineMs: 30_000 })
    }
    const untilMs = performance.now() + 30_000
    while (this.#tookMs.length < total) {
      if (performance.now() > untilMs) throw new Error(`Of ${total} events ${this.#tookMs.length} arrived in time.`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await producer.close()
    return [...this.#tookMs]
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }
}

/** p99 of events from their moment until they are read in `to`, ms, while something carries them there. */
export async function p99Side(
  addresses: StackAddresses,
  { seconds, ...options }: Omit<ProbeOptions, 'log'> & { readonly seconds: number },
): Promise<Side> {
  const log = openLog(addresses)
  const probe = new LatencyProbe({ log, ...options })
  await probe.open()
  return {
    round: async () => quantile(await probe.run(seconds), 0.99),
    async close() {
      await probe.close()
      await log.close()
    },
  }
}

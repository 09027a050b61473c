import type { Assignment, ConsumerEvent, EventLog, LogConsumer, LogProducer, OutgoingRecord } from '@millrace/event-log'
import type { Clock } from '@millrace/runtime'

/** A call of the process to the log: before it is made, or after it took effect and before the process hears of it. */
export interface LogCall {
  readonly operation: 'append' | 'commit'
  readonly phase: 'before' | 'after'
  readonly topics: readonly string[]
}

/** Sees what a process does with its log. */
export interface LogWatch {
  onCall(call: LogCall): void
  /** Throws for what must not be published. */
  onAppend(topic: string, records: readonly OutgoingRecord[]): void
}

const never = <T>(): Promise<T> => new Promise(() => {})
const keyOf = ({ topic, partition }: Pick<Assignment, 'topic' | 'partition'>): string => `${topic}/${partition}`

/**
 * The log as one process sees it. `kill` ends the process as kill -9 does: no call of it has an effect or an answer from then on,
 * and the group gives its partitions to others.
 */
export class ProcessLog implements EventLog {
  readonly #log: EventLog
  readonly #watch: LogWatch
  readonly #consumers = new Set<LogConsumer>()
  readonly #producers = new Set<LogProducer>()
  /** Per assigned partition: epoch and the offset of the next record to deliver, null before delivery begins. */
  readonly #positions = new Map<string, { readonly assignment: Assignment; next: number | null }>()
  readonly #paused = new Set<string>()
  #isKilled = false
  #polls = 0
  /** Time as the process knows it: it stands still for a killed one. */
  readonly clock: Clock

  constructor(log: EventLog, clock: Clock, watch: LogWatch) {
    this.#log = log
    this.#watch = watch
    this.clock = {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        if (this.#isKilled) await never()
      },
    }
  }

  kill(): void {
    this.#isKilled = true
  }

  /** Gives back what the killed process held, as its closed connections do. */
  async release(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close()
    for (const producer of this.#producers) await producer.close()
  }

  /** Whether the process waits for records and there are none for it, but for those that it does not want now. */
  async isIdle(): Promise<boolean> {
    if (this.#consumers.size === 0) return true
    if (this.#polls === 0) return false
    for (const { assignment, next } of [...this.#positions.values()]) {
      // Before delivery begins, the runner tells whether it is busy.
      if (next === null || this.#paused.has(keyOf(assignment))) continue
      const range = await this.#log.range(assignment.topic)
      if (next !== range[assignment.partition]?.end) return false
    }
    return this.#polls > 0
  }

  async #call<T>(operation: LogCall['operation'], topics: readonly string[], effect: () => Promise<T>): Promise<T> {
    if (!this.#isKilled) this.#watch.onCall({ operation, phase: 'before', topics })
    if (this.#isKilled) return never()
    const settled = await effect().then(
      value => () => value,
      error => () => {
        throw error
      },
    )
    if (!this.#isKilled) this.#watch.onCall({ operation, phase: 'after', topics })
    return this.#isKilled ? never() : settled()
  }

  async producer(options: { readonly clientId: string }): Promise<LogProducer> {
    const producer = await this.#log.producer(options)
    this.#producers.add(producer)
    return {
      partitionFor: (topic, key) => producer.partitionFor(topic, key),
      append: (topic, records, how) => {
        this.#watch.onAppend(topic, records)
        return this.#call('append', [topic], () => producer.append(topic, records, how))
      },
      get inFlightBytes() {
        return producer.inFlightBytes
      },
      close: () => (this.#isKilled ? never() : producer.close()),
    }
  }

  async consumer(options: Parameters<EventLog['consumer']>[0]): Promise<LogConsumer> {
    const consumer = await this.#log.consumer(options)
    this.#consumers.add(consumer)
    return {
      poll: async maxWaitMs => {
        this.#polls++
        const event = await consumer.poll(maxWaitMs).finally(() => {
          this.#polls--
        })
        if (this.#isKilled) return never()
        if (event) this.#follow(event)
        return event
      },
      start: (assignment, offset) => {
        const held = this.#positions.get(keyOf(assignment))
        if (held?.assignment.epoch === assignment.epoch) held.next = offset
        if (!this.#isKilled) consumer.start(assignment, offset)
      },
      pause: partitions => {
        for (const partition of partitions) this.#paused.add(keyOf(partition))
        consumer.pause(partitions)
      },
      resume: partitions => {
        for (const partition of partitions) this.#paused.delete(keyOf(partition))
        consumer.resume(partitions)
      },
      commit: positions => {
        const topics = [...new Set(positions.map(({ topic }) => topic))]
        return this.#call('commit', topics, () => consumer.commit(positions))
      },
      close: async () => {
        if (this.#isKilled) return never()
        this.#positions.clear()
        await consumer.close()
        this.#consumers.delete(consumer)
      },
    }
  }

  #follow(event: ConsumerEvent): void {
    if (event.type === 'assigned')
      for (const assignment of event.assignments) this.#positions.set(keyOf(assignment), { assignment, next: null })
    else if (event.type === 'revoked')
      for (const assignment of event.assignments) {
        this.#positions.delete(keyOf(assignment))
        this.#paused.delete(keyOf(assignment))
      }
    else {
      const held = this.#positions.get(keyOf(event))
      if (held) held.next = event.records.at(-1)!.offset + 1
    }
  }

  ensureTopics: EventLog['ensureTopics'] = specs => this.#log.ensureTopics(specs)
  range: EventLog['range'] = topic => this.#log.range(topic)
  read: EventLog['read'] = (topic, partition, from, to) => this.#log.read(topic, partition, from, to)
  committed: EventLog['committed'] = (group, topic) => this.#log.committed(group, topic)
  ping: EventLog['ping'] = () => this.#log.ping()
  close: EventLog['close'] = async () => {}
}

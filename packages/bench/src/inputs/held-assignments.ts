import type { Assignment, ConsumerEvent, EventLog, LogConsumer } from '@millrace/event-log'

const keyOf = ({ topic, partition }: Pick<Assignment, 'topic' | 'partition'>): string => `${topic}/${partition}`

/** A log whose consumers keep what they are assigned to themselves until it is released: then all members begin at once. */
export class HeldAssignments {
  readonly log: EventLog
  readonly #held = new Map<string, Assignment>()
  readonly #onChange: (partitions: number) => void
  #isReleased = false
  #isDue = false

  /** @param onChange is told how many partitions are held */
  constructor(log: EventLog, onChange: (partitions: number) => void) {
    this.#onChange = onChange
    this.log = { ...log, consumer: async options => this.#hold(await log.consumer(options)) }
  }

  /** Hands out what is held with the next poll, and lets everything pass from then on. */
  release(): void {
    this.#isReleased = true
    this.#isDue = true
  }

  #hold(consumer: LogConsumer): LogConsumer {
    return {
      start: (assignment, offset) => consumer.start(assignment, offset),
      pause: partitions => consumer.pause(partitions),
      resume: partitions => consumer.resume(partitions),
      commit: positions => consumer.commit(positions),
      close: () => consumer.close(),
      poll: async maxWaitMs => {
        if (this.#isDue) {
          this.#isDue = false
          return { type: 'assigned', assignments: [...this.#held.values()] }
        }
        const event = await consumer.poll(this.#isReleased ? maxWaitMs : Math.min(maxWaitMs, 10))
        if (!event || (this.#isReleased && !this.#isDue)) return event
        this.#note(event)
        return null
      },
    }
  }

  #note(event: ConsumerEvent): void {
    if (event.type === 'assigned') for (const one of event.assignments) this.#held.set(keyOf(one), one)
    else if (event.type === 'revoked') for (const one of event.assignments) this.#held.delete(keyOf(one))
    this.#onChange(this.#held.size)
  }
}

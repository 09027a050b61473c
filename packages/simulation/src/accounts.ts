import { createHash } from 'node:crypto'
import { lineOf, type SimulatedRecord } from './actor.ts'
import type { Refusal, WriteResult } from './sink.ts'
import type { RefusedExample, Summary, TopicCounts } from './summary.ts'

const MAX_EXAMPLES = 20

interface SettledCounts {
  emitted: number
  acknowledged: number
  refused: number
}

const unansweredOf = ({ emitted, acknowledged, refused }: SettledCounts): number => emitted - acknowledged - refused

const isCopy = ({ fault }: SimulatedRecord): boolean => fault?.kind === 'dup'

/** Run statistics: what was sent, acknowledged and refused. */
export class Accounts {
  emitted = 0
  acknowledged = 0
  refused = 0
  /** The same without the copies that the fault `dup` sends again. */
  readonly events: SettledCounts = { emitted: 0, acknowledged: 0, refused: 0 }
  /** Records at the head of the run that are settled: an unanswered one ends it. */
  settledHead = 0
  #headEnded = false
  readonly #refusedByCode: Record<string, number> = {}
  readonly #refusedExamples: RefusedExample[] = []
  readonly #faults: Record<string, number> = {}
  readonly #byTopic: Record<string, SettledCounts> = {}
  readonly #hash = createHash('sha256')

  /** Books records that are about to be sent. */
  emit(records: readonly SimulatedRecord[]): void {
    let lines = ''
    for (const record of records) {
      lines += `${record.value}\n`
      this.#topic(record.topic).emitted++
      if (!isCopy(record)) this.events.emitted++
      if (record.fault) this.#faults[record.fault.kind] = (this.#faults[record.fault.kind] ?? 0) + 1
    }
    this.#hash.update(lines)
    this.emitted += records.length
  }

  /** Books the results of records; must be called in the order in which they were sent. */
  settle(records: readonly SimulatedRecord[], results: readonly WriteResult[]): void {
    records.forEach((record, index) => {
      const result = results[index]!
      if (result?.kind === 'unanswered') {
        this.#headEnded = true
        return
      }
      if (!this.#headEnded) this.settledHead++
      if (!isCopy(record)) this.events[result ? 'refused' : 'acknowledged']++
      if (result) this.#refuse(record, result)
      else {
        this.#topic(record.topic).acknowledged++
        this.acknowledged++
      }
    })
  }

  summary(): Omit<Summary, 'sink' | 'position' | 'complete' | 'elapsedMs'> {
    return {
      emitted: this.emitted,
      acknowledged: this.acknowledged,
      refused: this.refused,
      unanswered: unansweredOf(this),
      refusedByCode: this.#refusedByCode,
      refusedExamples: this.#refusedExamples,
      faults: this.#faults,
      byTopic: Object.fromEntries(
        Object.entries(this.#byTopic).map(([topic, counts]): [string, TopicCounts] => [
          topic,
          { ...counts, unanswered: unansweredOf(counts) },
        ]),
      ),
      emittedDigest: `sha256:${this.#hash.copy().digest('hex')}`,
    }
  }

  #topic(name: string): SettledCounts {
    this.#byTopic[name] ??= { emitted: 0, acknowledged: 0, refused: 0 }
    return this.#byTopic[name]
  }

  #refuse(record: SimulatedRecord, { code, message }: Refusal): void {
    this.#topic(record.topic).refused++
    this.refused++
    this.#refusedByCode[code] = (this.#refusedByCode[code] ?? 0) + 1
    if (this.#refusedExamples.length < MAX_EXAMPLES)
      this.#refusedExamples.push({ topic: record.topic, eventId: record.eventId, ...lineOf(record), code, message })
  }
}

import type { PartitionProcessor, Topology } from '@millrace/stream'
import { aroundResults } from './renamed-topology.ts'

type Counts = Record<string, number>

/** What a process has done since it joined. Moments are ms since the epoch, in parts of a millisecond. */
export interface Work {
  /** Records that were processed, by topic. */
  readonly seen: Readonly<Counts>
  /** Records that were emitted, by topic. */
  readonly emitted: Readonly<Counts>
  /** When the first record was processed. */
  readonly beganMs: number
}

const nowMs = (): number => performance.timeOrigin + performance.now()

const count = (counts: Counts, topic: string, records: number): void => {
  counts[topic] = (counts[topic] ?? 0) + records
}

/** Counts what the processors of a topology take and give. */
export class WorkDone implements Work {
  readonly seen: Counts = {}
  readonly emitted: Counts = {}
  beganMs = 0
  /** Processors that have processed something since their last tick: they may publish more without another record. */
  readonly #unsettled = new Set<PartitionProcessor>()
  #changes = 0

  /** Grows with everything that is processed or emitted. */
  get changes(): number {
    return this.#changes
  }

  get isSettled(): boolean {
    return this.#unsettled.size === 0
  }

  watch(topology: Topology): Topology {
    return {
      ...topology,
      createProcessor: (topic, partition) =>
        this.#watchProcessor(topology.createProcessor(topic, partition), topic.name),
    }
  }

  #watchProcessor(inner: PartitionProcessor, topic: string): PartitionProcessor {
    const processor = aroundResults(inner, result => {
      for (const emit of result.emits) count(this.emitted, emit.topic, 1)
      this.#changes += result.emits.length
      return result
    })
    const { process, tick } = processor
    processor.process = async records => {
      if (this.beganMs === 0) this.beganMs = nowMs()
      if (tick) this.#unsettled.add(processor)
      const result = await process(records)
      count(this.seen, topic, records.length)
      this.#changes += records.length
      return result
    }
    if (tick)
      processor.tick = async now => {
        const result = await tick(now)
        this.#unsettled.delete(processor)
        return result
      }
    return processor
  }
}

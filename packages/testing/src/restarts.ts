import { type EventOf, eventTimeOf, type Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import type { Topology } from '@millrace/stream'

/** What one process read and published, of a partition. */
export interface PartitionRun {
  readonly readFrom: number
  /** `<topic> <value>` of each record. */
  readonly published: readonly string[]
  /** What it committed with its last offset. */
  readonly metadata: string
}

/** Runs of a topology over the records of one partition, by processes that end somewhere and go on where the last one committed. */
export interface Restarts {
  /** Number of records. */
  readonly length: number
  /** One process, from the committed offset `from` up to `to`. @throws when it would not publish from there on */
  run(from: number, to: number, metadata: string | null): Promise<PartitionRun>
  /** One process after the other; each but the last one ends at a cut. `rewinds` counts those that read from before their offset. */
  runInParts(cuts: readonly number[]): Promise<{ readonly published: readonly string[]; readonly rewinds: number }>
}

/** @param events in the order of the log; each is sent when the newest event so far happened */
export function createRestarts<T extends Topic>(
  createTopology: () => Topology,
  topic: T,
  events: readonly EventOf<T>[],
): Restarts {
  let timestampMs = 0
  const records = events.map((event, offset): LogRecord => {
    timestampMs = Math.max(timestampMs, eventTimeOf(topic, event) ?? 0)
    const [key, value] = [Buffer.from(topic.keyOf(event)), Buffer.from(JSON.stringify(event))]
    return { topic: topic.name, partition: 0, offset, key, value, timestampMs }
  })

  async function run(from: number, to: number, metadata: string | null): Promise<PartitionRun> {
    const processor = createTopology().createProcessor(topic, 0)
    const { readFrom, publishFrom } = await processor.open({
      topic: topic.name,
      partition: 0,
      epoch: 1,
      committed: metadata === null ? null : { offset: from, metadata },
      earliest: 0,
      end: records.length,
    })
    if (publishFrom !== from) throw new Error(`A process that goes on at ${from} would publish from ${publishFrom} on.`)
    const result = await processor.process(records.slice(readFrom, to))
    const published = result.emits.map(({ topic: target, value }) => `${target} ${value}`)
    return { readFrom, published, metadata: result.metadata! }
  }

  return {
    length: records.length,
    run,
    async runInParts(cuts) {
      const published: string[] = []
      let [from, rewinds] = [0, 0]
      let metadata: string | null = null
      for (const to of [...new Set(cuts)].sort((a, b) => a - b).concat(records.length)) {
        const part: PartitionRun = await run(from, to, metadata)
        if (part.readFrom > 0) rewinds++
        published.push(...part.published)
        ;({ metadata } = part)
        from = to
      }
      return { published, rewinds }
    },
  }
}

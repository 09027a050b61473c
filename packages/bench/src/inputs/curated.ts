import { lol } from '@millrace/domains/lol/contract'
import { curation } from '@millrace/domains/lol/curate'
import { type LogRecord, partitionOfKey } from '@millrace/event-log'
import { inBatches } from './batches.ts'
import { movesOf } from './lol-records.ts'

/** Partitions of lol.curated. */
const PARTITIONS = lol.topics.curated.partitions

/** What a curator publishes for one world, piece by piece, as the partitions of lol.curated hold it. */
export async function curatedBacklog(players: number, seed: string) {
  const moves = movesOf(players, seed)
  const curator = curation.createTopology({}).createProcessor(lol.topics.raw, 0)
  await curator.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: 0 })
  const ends = new Array<number>(PARTITIONS).fill(0)
  let read = 0

  return {
    /** The next `count` events by partition. */
    async next(count: number): Promise<readonly (readonly LogRecord[])[]> {
      const partitions = Array.from({ length: PARTITIONS }, (): LogRecord[] => [])
      const raw = moves.next(count).map(({ key, value, atMs }) => ({
        topic: 'lol.raw',
        partition: 0,
        offset: read++,
        key: Buffer.from(key),
        value: Buffer.from(value),
        timestampMs: atMs,
      }))
      for (const batch of inBatches(raw, 1_000)) {
        const { emits } = await curator.process(batch)
        for (const { topic, key, value } of emits) {
          if (topic !== 'lol.curated') continue
          const partition = partitionOfKey(key, PARTITIONS)
          partitions[partition]!.push({
            topic,
            partition,
            offset: ends[partition]!++,
            key,
            value,
            timestampMs: batch[0]!.timestampMs,
          })
        }
      }
      return partitions
    },
  }
}

import { createCuratorTopology } from '@millrace/curator'
import type { LogRecord } from '@millrace/event-log'
import { loggedMoves } from './archive.ts'
import { inBatches } from './batches.ts'

/** Moves as the curator publishes them, in one partition. */
export async function curatedMoves(count: number): Promise<readonly LogRecord[]> {
  const curator = createCuratorTopology().createProcessor('lol.raw', 0)
  await curator.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: count })
  const curated: LogRecord[] = []
  for (const batch of inBatches(loggedMoves(count), 1_000)) {
    const { emits } = await curator.process(batch)
    for (const { topic, key, value } of emits)
      if (topic === 'lol.curated')
        curated.push({ topic, partition: 0, offset: curated.length, key, value, timestampMs: batch[0]!.timestampMs })
  }
  return curated
}

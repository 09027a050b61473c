import { lol } from '@millrace/domains/lol/contract'
import type { Topology } from '@millrace/stream'
import type { Side } from '../row.ts'
import type { SyntheticMoves } from './synthetic-moves.ts'

const BATCH = 1_000
/** Before the first round, so that the code is compiled. */
const WARM_UP = 200_000

/** Microseconds per event of one partition's processor without a log; making the events does not count. */
export async function costOfProcessor(
  topology: Topology,
  moves: SyntheticMoves,
  { known, eventsPerRound }: { readonly known: number; readonly eventsPerRound: number },
): Promise<Side> {
  const processor = topology.createProcessor(lol.topics.raw, 0)
  await processor.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: 0 })
  for (let done = 0; done < Math.max(known, WARM_UP); done += BATCH) await processor.process(moves.take(BATCH))
  return {
    async round() {
      let tookMs = 0
      for (let done = 0; done < eventsPerRound; done += BATCH) {
        const batch = moves.take(BATCH)
        const startMs = performance.now()
        await processor.process(batch)
        tookMs += performance.now() - startMs
      }
      return (tookMs * 1_000) / eventsPerRound
    },
  }
}

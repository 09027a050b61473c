import { openSparkCurator } from '../inputs/curating-peers.ts'
import { latencySide, latencySides, STATEFUL } from '../inputs/curating-rows.ts'
import { sparkProblem } from '../inputs/peer-tools.ts'
import { figure } from '../report/figures.ts'
import { defineRow, type SideContext } from '../row.ts'

const MICRO_BATCH_SECONDS = 10

const sides = latencySides(place => openSparkCurator(place, 'real-time'), STATEFUL)

/** The usual mode of Spark, once, for who wonders: it is no part of the ratio. */
async function tellMicroBatches(context: SideContext<unknown>): Promise<void> {
  const side = await latencySide(context.addresses, await openSparkCurator(context, 'micro-batch'), MICRO_BATCH_SECONDS)
  try {
    await side.round()
    process.stderr.write(`  Spark in micro-batches, with all columns: p99 ${figure(await side.round())} ms\n`)
  } finally {
    await side.close?.()
  }
}

export const row = defineRow({
  title: 'p99 from the log to the curated event, 2,000 events/s ÷ Spark in real-time mode, which computes less',
  goal: { bound: 'at most', must: 0.5, aim: 0.2 },
  unavailable: sparkProblem,
  ...sides,
  async other(context) {
    await tellMicroBatches(context)
    return sides.other(context)
  },
})

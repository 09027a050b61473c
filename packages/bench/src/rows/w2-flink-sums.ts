import { newTopic } from '../inputs/kafka.ts'
import { openPython, type PeerPlace, type Worker, workerOf } from '../inputs/peer.ts'
import { flinkProblem } from '../inputs/peer-tools.ts'
import { sumsSides } from '../inputs/sums-rows.ts'
import { defineRow } from '../row.ts'

async function openFlink(place: PeerPlace): Promise<Worker> {
  const empty = await newTopic(place.addresses, 'empty')
  const process = await openPython(place, 'flink', { program: 'sums.py', given: [] })
  return workerOf(process, place, { work: 'sums', empty })
}

export const row = defineRow<string>({
  title: 'sums of five minutes by three groups, Kafka → Kafka, two processes ÷ Flink SQL with parallelism 2',
  goal: { bound: 'at least', must: 1, aim: 2 },
  unavailable: flinkProblem,
  ...sumsSides(openFlink),
})

import { lolChampions } from '@millrace/domains/lol/contract'
import { openKafkaStreams, openPython, type PeerPlace, type SteadyWorker, THREADS, workerOf } from './peer.ts'

/** Real-time mode needs a slot for each partition at the same time. */
const REAL_TIME_SLOTS = 8

const work = { work: 'curation', champions: lolChampions }

/** @param lingerMs of the producer; what Streams has by itself unless given */
export const openStreamsCurator = (place: PeerPlace, lingerMs?: number): Promise<SteadyWorker> =>
  openKafkaStreams(place, { ...work, ...(lingerMs !== undefined && { lingerMs }) })

/** Spark, in micro-batches with all columns, or in real-time mode with those that need no state. */
export async function openSparkCurator(place: PeerPlace, mode: 'micro-batch' | 'real-time'): Promise<SteadyWorker> {
  const slots = mode === 'real-time' ? REAL_TIME_SLOTS : THREADS
  const process = await openPython(place, 'spark', { program: 'curate.py', given: [`local[${slots}]`] })
  return workerOf(process, place, { ...work, realTime: mode === 'real-time' })
}

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { lolChampions } from '@millrace/domains/lol/contract'
import type { StackAddresses } from '@millrace/testing'
import { buildJavaPeer, buildSpark } from './peer-builds.ts'
import { PeerProcess } from './peer-process.ts'

const SPARK = fileURLToPath(new URL('../../peers/spark/curate.py', import.meta.url))
/** Threads or task slots: one for each of two cores. */
const THREADS = 2
/** Real-time mode needs a slot for each partition at the same time. */
const REAL_TIME_SLOTS = 8

export interface CuratingPlace {
  readonly addresses: StackAddresses
  /** Scratch. */
  readonly directory: string
}

/** A peer that does the curator's work. */
export interface CuratingPeer {
  /** Curates what the topic holds. @returns records per second from the first to the last that is stored */
  toTheEnd(from: string, to: string, records: number): Promise<number>
  /** Begins to curate a topic, and goes on. */
  start(from: string, to: string): Promise<void>
  close(): Promise<void>
}

const askOf = ({ addresses }: CuratingPlace, from: string, to: string) => ({
  brokers: addresses.kafka!.brokers.join(','),
  from,
  to,
  champions: lolChampions,
})

/** @param lingerMs of the producer; what Streams has by itself unless given */
export async function openKafkaStreams(place: CuratingPlace, lingerMs?: number): Promise<CuratingPeer> {
  const classPath = await buildJavaPeer('kafka-streams')
  const { directory } = place
  const process = new PeerProcess(
    {
      command: 'java',
      arguments: [
        ...['-Xmx2g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
        ...['-cp', classPath, 'millrace.bench.streams.Main'],
      ],
    },
    directory,
  )
  const settings = { directory, threads: THREADS, ...(lingerMs !== undefined && { lingerMs }) }
  return {
    async toTheEnd(from, to, records) {
      const { perSecond } = await process.ask({ ask: 'curate', ...askOf(place, from, to), ...settings, records })
      return perSecond!
    },
    async start(from, to) {
      await process.ask({ ask: 'start', ...askOf(place, from, to), ...settings })
    },
    close: () => process.close(),
  }
}

/** Spark, in micro-batches with all columns, or in real-time mode with those that need no state. */
export async function openSpark(place: CuratingPlace, mode: 'micro-batch' | 'real-time'): Promise<CuratingPeer> {
  const { python, jars } = await buildSpark()
  const { directory } = place
  const slots = mode === 'real-time' ? REAL_TIME_SLOTS : THREADS
  const process = new PeerProcess(
    {
      command: python,
      arguments: [SPARK, `local[${slots}]`, jars.join(','), path.join(directory, 'spark')],
      environment: { PYSPARK_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1' },
    },
    directory,
  )
  return {
    async toTheEnd(from, to, records) {
      const { perSecond } = await process.ask({ ask: 'curate', ...askOf(place, from, to), records })
      return perSecond!
    },
    async start(from, to) {
      await process.ask({ ask: 'start', ...askOf(place, from, to), realTime: mode === 'real-time' })
    },
    async close() {
      await process.close()
    },
  }
}

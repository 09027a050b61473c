import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '@millrace/testing'
import { buildJavaPeer, buildPythonPeer, type PythonPeer } from './peer-builds.ts'
import { PeerProcess } from './peer-process.ts'
import type { Ask } from './peer-wire.ts'

const PEERS = fileURLToPath(new URL('../../peers', import.meta.url))
/** Threads or task slots: one for each of two cores. */
export const THREADS = 2

export interface PeerPlace {
  readonly addresses: StackAddresses
  /** Scratch. */
  readonly directory: string
}

/** Somebody who works from a topic into another. */
export interface Worker {
  /** Works off what the topic holds. @returns its records per second, from the first to the last result that is stored */
  toTheEnd(from: string, to: string, records: number): Promise<number>
  close(): Promise<void>
}

/** One that can also begin with a topic, and go on. */
export interface SteadyWorker extends Worker {
  start(from: string, to: string): Promise<void>
}

/** A peer that is told which work to do. @param settings of all its work; topics and brokers come on top */
export const workerOf = (
  process: PeerProcess,
  { addresses }: PeerPlace,
  settings: Readonly<Record<string, unknown>>,
): SteadyWorker => {
  const askOf = (ask: string, from: string, to: string): Ask => ({
    ...{ ask, brokers: addresses.kafka!.brokers.join(','), from, to },
    ...settings,
  })
  return {
    async toTheEnd(from, to, records) {
      const { perSecond } = await process.ask({ ...askOf('work', from, to), records })
      return perSecond!
    },
    async start(from, to) {
      await process.ask(askOf('start', from, to))
    },
    close: () => process.close(),
  }
}

/**
 * Kafka Streams, with a thread per core.
 * @param work what its program knows by this name, with what it needs for it
 */
export async function openKafkaStreams(
  place: PeerPlace,
  work: { readonly work: string } & Readonly<Record<string, unknown>>,
): Promise<SteadyWorker> {
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
  return workerOf(process, place, { ...work, directory, threads: THREADS })
}

/** A peer in Python over a JVM. @param given to the program, before the jars and a scratch folder */
export async function openPython(
  { directory }: PeerPlace,
  name: PythonPeer,
  { program, given }: { readonly program: string; readonly given: readonly string[] },
): Promise<PeerProcess> {
  const { python, jars } = await buildPythonPeer(name)
  return new PeerProcess(
    {
      command: python,
      arguments: [path.join(PEERS, name, program), ...given, jars.join(','), path.join(directory, name)],
      environment: { PYSPARK_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1', JVM_ARGS: '-Xmx2g' },
    },
    directory,
  )
}

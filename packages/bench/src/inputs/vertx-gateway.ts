import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { lol } from '@millrace/domains/lol/contract'
import { createKey } from '@millrace/ingest-gateway'
import { findFreePorts, type StackAddresses } from '@millrace/testing'
import { newTopic } from './kafka.ts'
import { buildJavaPeer } from './peer-builds.ts'
import { PeerProcess } from './peer-process.ts'

/** As the event log's producer has it. */
const LINGER_MS = 2

export interface PeerGateway {
  readonly port: number
  readonly key: string
  /** Where its events go. */
  readonly topic: string
  close(): Promise<void>
}

/** The gateway on Vert.x, with an event loop per core, ready for events. */
export async function startVertxGateway({
  addresses,
  directory,
}: {
  readonly addresses: StackAddresses
  readonly directory: string
}): Promise<PeerGateway> {
  const topic = await newTopic(addresses, 'vertx', lol.topics.raw.partitions)
  const keysFile = path.join(directory, 'vertx-keys.json')
  const { key } = await createKey(keysFile, { name: 'bench', topics: ['lol.raw'] }, { topics: ['lol.raw'] })
  const { keys } = JSON.parse(readFileSync(keysFile, 'utf8')) as { readonly keys: readonly { readonly hash: string }[] }
  const [port] = await findFreePorts(1, [])
  const process = new PeerProcess(
    {
      command: 'java',
      arguments: [
        ...['-Xmx2g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', await buildJavaPeer('vertx-gateway')],
        ...['millrace.bench.gateway.Main', addresses.kafka!.brokers.join(','), topic, String(port), keys.at(-1)!.hash],
        ...[String(LINGER_MS), String(os.availableParallelism())],
      ],
    },
    directory,
  )
  await process.answer()
  return { port: port!, key, topic, close: () => process.close() }
}

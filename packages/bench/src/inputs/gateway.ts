import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { createKey } from '@millrace/ingest-gateway'
import { findFreePorts, type ServiceProcess, type StackAddresses, startService, waitUntil } from '@millrace/testing'
import { inBatches } from './batches.ts'
import type { HttpRequest } from './http-load.ts'
import { clientVariables, openLog, topicSpec } from './kafka.ts'
import { simulateMoves } from './lol-records.ts'

const MAIN = fileURLToPath(import.meta.resolve('../../../../services/ingest-gateway/src/main.ts'))

export interface Gateway {
  readonly port: number
  readonly key: string
  readonly process: ServiceProcess
}

/** A gateway process on the brokers of the stack, ready for events. */
export async function startGateway(
  { addresses, directory }: { readonly addresses: StackAddresses; readonly directory: string },
  more: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  const log = openLog(addresses)
  await log.ensureTopics(
    (['lol.raw', 'lol.truth', 'failed-events'] as const).map(name => topicSpec(name, catalog.topic(name).partitions)),
  )
  await log.close()
  const keysFile = path.join(directory, 'keys.json')
  const { key } = await createKey(keysFile, { name: 'bench', topics: ['lol.raw'] }, { topics: ['lol.raw'] })
  const [port] = await findFreePorts(1, [])
  const process = await startService(MAIN, {
    MILLRACE_KAFKA_BROKERS: addresses.kafka!.brokers.join(','),
    MILLRACE_KEYS_FILE: keysFile,
    MILLRACE_DOMAINS: lol.name,
    MILLRACE_HTTP_PORT: String(port),
    MILLRACE_LOG_LEVEL: 'warn',
    ...clientVariables,
    ...more,
  })
  await waitUntil(async () => (await process.notReady()) === null, {
    deadlineMs: 60_000,
    what: 'the gateway to be ready',
  })
  return { port: port!, key, process }
}

/** Requests with so many events each, as a producer that wants short answers sends them. */
export function eventRequests(key: string, requests: number, eventsEach: number): readonly HttpRequest[] {
  const values = simulateMoves(requests * eventsEach, 1_000).map(({ value }) => value)
  const type = eventsEach === 1 ? 'application/json' : 'application/x-ndjson'
  return inBatches(values, eventsEach).map(batch => ({
    path: '/v1/events/lol',
    headers: { authorization: `Bearer ${key}`, 'content-type': type, prefer: 'return=minimal' },
    body: Buffer.from(batch.join('\n')),
  }))
}

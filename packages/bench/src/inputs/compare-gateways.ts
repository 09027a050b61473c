import { isDeepStrictEqual } from 'node:util'
import type { EventLog } from '@millrace/event-log'
import type { SideContext } from '../row.ts'
import { startGateway } from './gateway.ts'
import { openLog } from './kafka.ts'
import { simulateMoves } from './lol-records.ts'
import { startVertxGateway } from './vertx-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a gateway made of a body: its answer, less texts and ids that are its own, and what it stored, by the client's record id. */
interface Outcome {
  readonly summary: Fields
  /** Of each record. */
  readonly answer: readonly Fields[]
  readonly stored: ReadonlyMap<string, Fields & { readonly key: string; readonly bytes: string }>
}

const SPOILED: readonly ((event: Record<string, unknown>) => unknown)[] = [
  event => ({ ...event, x: 'far' }),
  event => ({ ...event, deathCount: 1.5 }),
  event => ({ ...event, status: 2 }),
  event => ({ ...event, method: '/jump' }),
  event => ({ ...event, ingametime: '12.5' }),
  event => ({ ...event, datetime: '2024-02-30T11:25:29.845Z' }),
  event => ({ ...event, eventId: 'not-a-uuid-not-a-uuid-not-a-uuid-not' }),
  event => ({ ...event, account: '' }),
  event => ({ ...event, champion: 'x'.repeat(65) }),
  event => ({ ...event, createRoomDate: 'yesterday' }),
  ({ champion: _, ...rest }) => rest,
  event => [event],
]
const KEPT: readonly ((event: Record<string, unknown>) => unknown)[] = [
  ({ eventId: _, ...rest }) => rest,
  ({ roomID: _, createRoomDate: __, ...rest }) => rest,
  event => ({ ...event, more: { deep: [1, 'ü'] } }),
]

/** A body with records that are fine, odd and wrong. */
function mixedBody(): string {
  const changes = [...SPOILED, ...KEPT]
  const lines = simulateMoves(100, 20).map(({ value }, index) => {
    const change = changes[index - 50]
    return change ? JSON.stringify(change(JSON.parse(value.toString()))) : value.toString()
  })
  return [...lines, '{"broken":'].join('\n')
}

const positions = async (log: EventLog, topic: string) =>
  new Map((await log.range(topic)).map(({ partition, end }) => [partition, end]))

async function outcomeOf(
  { port, key, topic }: { readonly port: number; readonly key: string; readonly topic: string },
  log: EventLog,
  body: string,
): Promise<Outcome> {
  const before = await positions(log, topic)
  const response = await fetch(`http://127.0.0.1:${port}/v1/events/lol`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    body,
  })
  const { accepted, failed, results } = (await response.json()) as Fields & { readonly results: readonly Fields[] }
  const stored = new Map<string, Fields & { readonly key: string; readonly bytes: string }>()
  for (const { partition, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, before.get(partition)!, end))
      for (const record of records) {
        const event = JSON.parse(record.value.toString()) as Fields
        stored.set(String(event.id), { ...event, key: record.key.toString(), bytes: record.value.toString() })
      }
  const answer = results.map(({ index, status, partition, problem }) => ({
    index,
    status,
    partition,
    code: (problem as Fields | undefined)?.code,
    pointer: (problem as Fields | undefined)?.pointer,
  }))
  return { summary: { status: response.status, accepted, failed }, answer, stored }
}

/** What a stored record has to be the same in: its bytes, unless the gateway gave it an id. */
function essenceOf({ bytes, eventId: _, ...rest }: Fields & { readonly bytes: string }, body: string): unknown {
  return body.includes(bytes) ? { bytes, key: rest.key } : rest
}

/**
 * Sends both gateways the same records, right and wrong ones.
 * @throws where they answer or store differently
 */
export async function expectSameGateways(place: Pick<SideContext<unknown>, 'addresses' | 'directory'>): Promise<void> {
  const log = openLog(place.addresses)
  const ours = await startGateway(place)
  const theirs = await startVertxGateway(place)
  const body = mixedBody()
  try {
    const expected = await outcomeOf({ ...ours, topic: 'lol.raw' }, log, body)
    const found = await outcomeOf(theirs, log, body)
    const differ = (what: string, one: unknown, other: unknown): void => {
      if (!isDeepStrictEqual(one, other))
        throw new Error(`${what}: ours ${JSON.stringify(one)}, the peer ${JSON.stringify(other)}.`)
    }
    differ('The answer differs', expected.summary, found.summary)
    for (const [index, one] of expected.answer.entries())
      differ(`The answer to record ${index} differs`, one, found.answer[index])
    differ('What is stored differs', [...expected.stored.keys()].sort(), [...found.stored.keys()].sort())
    for (const [id, event] of expected.stored)
      differ(`Record ${id} differs`, essenceOf(event, body), essenceOf(found.stored.get(id)!, body))
  } finally {
    await Promise.allSettled([ours.process.stop(), theirs.close(), log.close()])
  }
}

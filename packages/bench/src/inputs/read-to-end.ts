import { randomUUID } from 'node:crypto'
import type { EventLog } from '@millrace/event-log'
import type { SideContext } from '../row.ts'
import { openKafkajs } from './kafka.ts'

/** Records per second from the first to the last of topics, read by a new member of a new group; joining does not count. */
export async function readByLog(log: EventLog, topics: readonly string[], records: number): Promise<number> {
  const consumer = await log.consumer({ group: `bench-${randomUUID()}`, topics, clientId: 'bench' })
  let seen = 0
  let startMs = 0
  while (seen < records) {
    const event = await consumer.poll(60_000)
    if (!event) throw new Error(`Of ${records} records came ${seen}, and then none for a minute.`)
    if (event.type === 'assigned') for (const one of event.assignments) consumer.start(one, one.earliest)
    if (event.type !== 'records') continue
    if (seen === 0) startMs = performance.now()
    seen += event.records.length
  }
  const tookMs = performance.now() - startMs
  await consumer.close()
  return records / (tookMs / 1_000)
}

/** The same by kafkajs, eachBatch with nothing in it, as its documentation has it. */
export async function readByKafkajs(
  { addresses }: Pick<SideContext<unknown>, 'addresses'>,
  topic: string,
  records: number,
): Promise<number> {
  const consumer = openKafkajs(addresses).consumer({ groupId: `bench-${randomUUID()}`, maxBytesPerPartition: 1 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const done = Promise.withResolvers<number>()
  let seen = 0
  let startMs = 0
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 6,
    eachBatch: async ({ batch }) => {
      if (seen === 0) startMs = performance.now()
      seen += batch.messages.length
      if (seen >= records) done.resolve(performance.now() - startMs)
    },
  })
  const tookMs = await done.promise
  await consumer.disconnect()
  return records / (tookMs / 1_000)
}

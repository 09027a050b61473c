import type { Side, SideContext } from '../row.ts'
import { eachOf, inBatches, timed } from './batches.ts'
import { openKafkajs } from './kafka.ts'
import { lolRecords } from './lol-records.ts'

const BATCH = 1_000
const AT_ONCE = 4

/** The producer of kafkajs as its documentation has it, in batches of 1,000, acks=all; records per second. */
export async function kafkajsProducer(
  { addresses }: Pick<SideContext<unknown>, 'addresses'>,
  topic: string,
  records: number,
): Promise<Side> {
  const producer = openKafkajs(addresses).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const batches = inBatches(lolRecords(records, 1_000), BATCH).map(batch =>
    batch.map(({ key, value }) => ({ key, value })),
  )
  const send = async (messages: (typeof batches)[number]): Promise<void> =>
    void (await producer.send({ topic, acks: -1, messages }))
  return {
    round: async () => records / ((await timed(() => eachOf(batches, AT_ONCE, send))) / 1_000),
    close: () => producer.disconnect(),
  }
}

import { eachOf, inBatches, timed } from '../inputs/batches.ts'
import { newTopic, openKafkajs, openLog } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'
import { defineRow } from '../row.ts'

const EVENTS = 200_000
const BATCH = 1_000
const AT_ONCE = 4

export const row = defineRow<string>({
  title: 'event-log producer ÷ stock kafkajs producer, batches of 1,000, acks=all',
  unit: 'records/s',
  goal: { bound: 'at least', must: 1.2, aim: 2.5 },
  needs: ['kafka'],
  prepare: ({ addresses }) => newTopic(addresses, 'produce'),
  async ours({ addresses, setting: topic }) {
    const log = openLog(addresses)
    const producer = await log.producer({ clientId: 'bench' })
    const batches = inBatches(lolRecords(EVENTS, 1_000), BATCH)
    const send = async (batch: (typeof batches)[number]): Promise<void> => {
      for (const result of await producer.append(topic, batch, { deadlineMs: 60_000 }))
        if (!result.ok) throw result.error
    }
    return {
      round: async () => EVENTS / ((await timed(() => eachOf(batches, AT_ONCE, send))) / 1_000),
      close: () => log.close(),
    }
  },
  async other({ addresses, setting: topic }) {
    const producer = openKafkajs(addresses).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const batches = inBatches(lolRecords(EVENTS, 1_000), BATCH).map(batch =>
      batch.map(({ key, value }) => ({ key, value })),
    )
    const send = async (messages: (typeof batches)[number]): Promise<void> =>
      void (await producer.send({ topic, acks: -1, messages }))
    return {
      round: async () => EVENTS / ((await timed(() => eachOf(batches, AT_ONCE, send))) / 1_000),
      close: () => producer.disconnect(),
    }
  },
})

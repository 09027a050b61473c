import { eachOf, inBatches, timed } from '../inputs/batches.ts'
import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'
import { newTopic, openKafkajs } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'
import { defineRow } from '../row.ts'

const BATCH = 1_000
const BATCHES = 200
const AT_ONCE = 4

export const row = defineRow({
  title:
    'gateway, NDJSON of 1,000 events a request, each validated, acks=all ÷ stock kafkajs producer alone, batches of 1,000',
  unit: 'events/s',
  goal: { bound: 'at least', must: 1.2, aim: 1.8 },
  needs: ['kafka'],
  async ours(context) {
    const gateway = await startGateway(context)
    const load = new HttpLoad(gateway.port, eventRequests(gateway.key, 50, BATCH), AT_ONCE)
    return {
      round: async () => BATCH * (await load.rate(BATCHES)),
      close: async () => void (await gateway.process.stop()),
    }
  },
  async other({ addresses }) {
    const topic = await newTopic(addresses, 'produce')
    const producer = openKafkajs(addresses).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const batches = inBatches(lolRecords(BATCH * BATCHES, 1_000), BATCH).map(batch =>
      batch.map(({ key, value }) => ({ key, value })),
    )
    const send = async (messages: (typeof batches)[number]): Promise<void> =>
      void (await producer.send({ topic, acks: -1, messages }))
    return {
      round: async () => (BATCH * BATCHES) / ((await timed(() => eachOf(batches, AT_ONCE, send))) / 1_000),
      close: () => producer.disconnect(),
    }
  },
})

import { eventRequests, startGateway } from '../inputs/gateway.ts'
import { HttpLoad } from '../inputs/http-load.ts'
import { newTopic } from '../inputs/kafka.ts'
import { kafkajsProducer } from '../inputs/kafkajs-producer.ts'
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
    const load = new HttpLoad([gateway.port], eventRequests(gateway.key, 50, BATCH), AT_ONCE)
    return {
      round: async () => BATCH * (await load.rate(BATCHES)),
      close: async () => void (await gateway.process.stop()),
    }
  },
  other: async context => kafkajsProducer(context, await newTopic(context.addresses, 'produce'), BATCH * BATCHES),
})

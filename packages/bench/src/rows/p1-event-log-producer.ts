import { eachOf, inBatches, timed } from '../inputs/batches.ts'
import { append, newTopic, openLog } from '../inputs/kafka.ts'
import { kafkajsProducer } from '../inputs/kafkajs-producer.ts'
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
    const send = (batch: (typeof batches)[number]): Promise<void> => append(producer, topic, batch)
    return {
      round: async () => EVENTS / ((await timed(() => eachOf(batches, AT_ONCE, send))) / 1_000),
      close: () => log.close(),
    }
  },
  other: context => kafkajsProducer(context, context.setting, EVENTS),
})

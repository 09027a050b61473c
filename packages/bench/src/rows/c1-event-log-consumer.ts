import { newTopic, openLog, store } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'
import { readByKafkajs, readByLog } from '../inputs/read-to-end.ts'
import { defineRow } from '../row.ts'

const EVENTS = 600_000

export const row = defineRow<string>({
  title: 'event-log consumer ÷ stock kafkajs eachBatch, both doing nothing with what they read',
  unit: 'records/s',
  goal: { bound: 'at least', must: 0.95, aim: 1.8 },
  needs: ['kafka'],
  async prepare({ addresses }) {
    const topic = await newTopic(addresses, 'consume')
    const log = openLog(addresses)
    await store(log, topic, lolRecords(EVENTS, 1_000))
    await log.close()
    return topic
  },
  async ours({ addresses, setting: topic }) {
    const log = openLog(addresses)
    return { round: () => readByLog(log, [topic], EVENTS), close: () => log.close() }
  },
  other: async ({ addresses, setting: topic }) => ({ round: () => readByKafkajs({ addresses }, topic, EVENTS) }),
})

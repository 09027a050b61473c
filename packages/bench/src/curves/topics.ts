import { randomUUID } from 'node:crypto'
import { defineCurve } from '../curve.ts'
import { inBatches } from '../inputs/batches.ts'
import { append, openLog, topicSpec } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'
import { readByLog } from '../inputs/read-to-end.ts'

const EVENTS = 60_000

export const curve = defineCurve({
  title: 'Consumer, by topics that it reads, with as many records in all',
  of: 'topics',
  points: [1, 4, 16, 64],
  unit: 'µs per record',
  needs: ['kafka'],
  remark: 'Each topic has one partition. A lone one is fetched, then worked on; of more, some are fetched meanwhile.',
  async open({ addresses, setting: count }) {
    const run = randomUUID().slice(0, 8)
    const topics = Array.from({ length: count }, (_, index) => `bench-topics-${run}-${index}`)
    const log = openLog(addresses)
    await log.ensureTopics(topics.map(name => topicSpec(name, 1)))
    const producer = await log.producer({ clientId: 'bench' })
    const batches = inBatches(lolRecords(EVENTS, 1_000), Math.ceil(EVENTS / Math.max(64, count)))
    for (const [index, batch] of batches.entries()) await append(producer, topics[index % count]!, batch)
    await producer.close()
    return {
      round: async () => 1e6 / (await readByLog(log, topics, EVENTS)),
      close: () => log.close(),
    }
  },
})

import { randomUUID } from 'node:crypto'
import { defineCurve } from '../curve.ts'
import { inBatches } from '../inputs/batches.ts'
import { openLog, topicSpec } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'

const EVENTS = 60_000

export const curve = defineCurve({
  title: 'Consumer, by topics that it reads, with as many records in all',
  of: 'topics',
  points: [1, 4, 16, 64],
  unit: 'µs per record',
  needs: ['kafka'],
  async open({ addresses, setting: count }) {
    const run = randomUUID().slice(0, 8)
    const topics = Array.from({ length: count }, (_, index) => `bench-topics-${run}-${index}`)
    const log = openLog(addresses)
    await log.ensureTopics(topics.map(name => topicSpec(name, 1)))
    const producer = await log.producer({ clientId: 'bench' })
    for (const [index, batch] of inBatches(
      lolRecords(EVENTS, 1_000),
      Math.ceil(EVENTS / Math.max(64, count)),
    ).entries())
      for (const result of await producer.append(topics[index % count]!, batch, { deadlineMs: 60_000 }))
        if (!result.ok) throw result.error
    await producer.close()
    return {
      async round() {
        const consumer = await log.consumer({ group: `bench-${randomUUID()}`, topics, clientId: 'bench' })
        let seen = 0
        let startMs = 0
        while (seen < EVENTS) {
          const event = await consumer.poll(30_000)
          if (event?.type === 'assigned') for (const one of event.assignments) consumer.start(one, one.earliest)
          if (event?.type !== 'records') continue
          if (seen === 0) startMs = performance.now()
          seen += event.records.length
        }
        const cost = ((performance.now() - startMs) * 1_000) / EVENTS
        await consumer.close()
        return cost
      },
      close: () => log.close(),
    }
  },
})

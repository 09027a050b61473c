import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { catalog } from '@millrace/domains/contracts'
import { defineCurve } from '../curve.ts'
import { newTopic, openLog, store, topicSpec } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'
import { runToEnd } from '../inputs/run-topology.ts'

const EVENTS = 100_000

export const curve = defineCurve({
  title: 'Scorer on Kafka that publishes alerts, by partitions of its topic',
  of: 'partitions',
  points: [1, 4, 16, 64],
  unit: 'µs per event',
  needs: ['kafka'],
  async open({ addresses, setting: partitions }) {
    const topic = await newTopic(addresses, `partitions-${partitions}`, partitions)
    const log = openLog(addresses)
    await log.ensureTopics(
      (['lol.alerts', 'failed-events'] as const).map(name => topicSpec(name, catalog.topic(name).partitions)),
    )
    await store(log, topic, lolRecords(EVENTS, 1_000))
    const topology = createAnomalyScorerTopology({ publishScores: false })
    return {
      round: async () => 1e6 / (await runToEnd({ log, topology, topic, records: EVENTS })),
      close: () => log.close(),
    }
  },
})

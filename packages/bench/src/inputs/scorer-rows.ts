import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { catalog } from '@millrace/domains/contracts'
import type { StackAddresses } from '@millrace/testing'
import type { Row } from '../row.ts'
import { newTopic, openLog, store, topicSpec } from './kafka.ts'
import { lolRecords } from './lol-records.ts'
import { readByKafkajs } from './read-to-end.ts'
import { runToEnd } from './run-topology.ts'

export const MOVES = 300_000

/** A topic full of moves, and the topics that a scorer writes. */
export async function prepareMoves({ addresses }: { readonly addresses: StackAddresses }): Promise<string> {
  const topic = await newTopic(addresses, 'moves')
  const log = openLog(addresses)
  await log.ensureTopics(
    (['lol.scores', 'lol.alerts', 'failed-events'] as const).map(name =>
      topicSpec(name, catalog.topic(name).partitions),
    ),
  )
  await store(log, topic, lolRecords(MOVES, 1_000))
  await log.close()
  return topic
}

/** The scorer on Kafka against kafkajs that only reads. */
export const scorerSides = (publishScores: boolean): Pick<Row<string>, 'needs' | 'prepare' | 'ours' | 'other'> => ({
  needs: ['kafka'],
  prepare: prepareMoves,
  async ours({ addresses, setting: topic }) {
    const log = openLog(addresses)
    const topology = createAnomalyScorerTopology({ publishScores })
    return { round: () => runToEnd({ log, topology, topic, records: MOVES }), close: () => log.close() }
  },
  other: async ({ addresses, setting: topic }) => ({ round: () => readByKafkajs({ addresses }, topic, MOVES) }),
})

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { newTopic, openLog, topicSpec } from '../inputs/kafka.ts'
import { p99Side } from '../inputs/latency-probe.ts'
import { defineRow } from '../row.ts'

const SCORER = fileURLToPath(new URL('../inputs/scorer-process.ts', import.meta.url))
const PER_SECOND = 2_000
const SECONDS = 5

export const row = defineRow({
  title: `p99 from the log to the score, ${PER_SECOND.toLocaleString('en-US')} events/s ÷ p99 of writing and reading alone`,
  unit: 'ms',
  goal: { bound: 'at most', must: 3, aim: 1.5 },
  needs: ['kafka'],
  async ours({ addresses }) {
    const topic = await newTopic(addresses, 'latency')
    const log = openLog(addresses)
    const topics = ['lol.scores', 'lol.alerts', 'failed-events'] as const
    await log.ensureTopics(topics.map(name => topicSpec(name, catalog.topic(name).partitions)))
    await log.close()
    const scorer = fork(SCORER, [addresses.kafka!.brokers.join(','), topic], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    await once(scorer, 'message')
    const side = await p99Side(addresses, { from: topic, to: 'lol.scores', perSecond: PER_SECOND, seconds: SECONDS })
    return {
      ...side,
      async close() {
        await side.close?.()
        scorer.disconnect()
        await once(scorer, 'exit')
      },
    }
  },
  async other({ addresses }) {
    const topic = await newTopic(addresses, 'latency')
    return p99Side(addresses, { from: topic, to: topic, perSecond: PER_SECOND, seconds: SECONDS })
  },
})

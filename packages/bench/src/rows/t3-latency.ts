import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { topicContract } from '@millrace/contracts'
import { quantile } from '../compare.ts'
import { newTopic, openLog, topicSpec } from '../inputs/kafka.ts'
import { LatencyProbe } from '../inputs/latency-probe.ts'
import { defineRow, type Side, type SideContext } from '../row.ts'

const SCORER = fileURLToPath(new URL('../inputs/scorer-process.ts', import.meta.url))
const PER_SECOND = 2_000
const SECONDS = 5

/** p99 of events from their moment until they are read in `to`, while something carries them there. */
async function probed({ addresses }: Pick<SideContext<unknown>, 'addresses'>, from: string, to: string): Promise<Side> {
  const log = openLog(addresses)
  const probe = new LatencyProbe({ log, from, to, perSecond: PER_SECOND })
  await probe.open()
  return {
    round: async () => quantile(await probe.run(SECONDS), 0.99),
    async close() {
      await probe.close()
      await log.close()
    },
  }
}

export const row = defineRow({
  title: `p99 from the log to the score, ${PER_SECOND.toLocaleString('en-US')} events/s ÷ p99 of writing and reading alone`,
  unit: 'ms',
  goal: { bound: 'at most', must: 3, aim: 1.5 },
  needs: ['kafka'],
  async ours(context) {
    const { addresses } = context
    const topic = await newTopic(addresses, 'latency')
    const log = openLog(addresses)
    const topics = ['lol.scores', 'lol.alerts', 'failed-events'] as const
    await log.ensureTopics(topics.map(name => topicSpec(name, topicContract(name).partitions)))
    await log.close()
    const scorer = fork(SCORER, [addresses.kafka!.brokers.join(','), topic], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    await once(scorer, 'message')
    const side = await probed(context, topic, 'lol.scores')
    return {
      ...side,
      async close() {
        await side.close?.()
        scorer.disconnect()
        await once(scorer, 'exit')
      },
    }
  },
  async other(context) {
    const topic = await newTopic(context.addresses, 'latency')
    return probed(context, topic, topic)
  },
})

import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { createLogger, createServiceMetrics } from '@millrace/runtime'
import { createKeyedMetrics } from '@millrace/stream'
import { openLog } from '../inputs/kafka.ts'
import { runToEnd } from '../inputs/run-topology.ts'
import { MOVES, prepareMoves } from '../inputs/scorer-rows.ts'
import { silentMetrics } from '../inputs/silent-metrics.ts'
import { defineRow, type SideContext } from '../row.ts'

async function scorer(isOn: boolean, { addresses, setting: topic }: SideContext<string>) {
  const log = openLog(addresses)
  const service = createServiceMetrics('bench')
  const metrics = isOn ? service : silentMetrics
  const logger = createLogger('bench', { level: isOn ? 'info' : 'silent' })
  const topology = createAnomalyScorerTopology({
    publishScores: false,
    ...(isOn && {
      logger,
      metrics: createKeyedMetrics('bench', service.registry),
      tally: { normal: 0, suspicious: 0, warmUp: 0 },
    }),
  })
  return {
    round: () => runToEnd({ log, topology, topic, records: MOVES, metrics, logger }),
    close: () => log.close(),
  }
}

export const row = defineRow<string>({
  title: 'scorer with metrics and logs ÷ without',
  unit: 'events/s',
  goal: { bound: 'at least', must: 0.95, aim: 0.98 },
  needs: ['kafka'],
  prepare: prepareMoves,
  ours: context => scorer(true, context),
  other: context => scorer(false, context),
})

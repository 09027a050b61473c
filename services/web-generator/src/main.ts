import { simulation } from '@millrace/domains/web/simulate'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { startMain } from '@millrace/runtime'
import { runGenerator } from '@millrace/simulation'

await startMain(() => runGenerator(simulation, process.env, kafkaEventLogFromEnv))

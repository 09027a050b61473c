import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { runStreamService } from '@millrace/stream'
import { smsGatewayEnv } from './config.ts'
import { smsProviderFromEnv } from './providers/provider-from-env.ts'
import { createSmsGatewayTopology } from './topology.ts'

/** Runs the SMS gateway until it is stopped; on Kafka, unless another log is given. */
export const runSmsGateway = (
  variables: Readonly<Record<string, string | undefined>>,
  openLog: typeof kafkaEventLogFromEnv = kafkaEventLogFromEnv,
): Promise<never> =>
  runStreamService({
    name: 'sms-gateway',
    env: smsGatewayEnv,
    variables,
    openLog,
    build({ config, clock, log, logger }) {
      const provider = smsProviderFromEnv(config, { clock, logger })
      const attempts = config.SMS_ATTEMPTS
      return { topologies: [createSmsGatewayTopology({ provider, attempts, clock, log, random: Math.random })] }
    },
  })

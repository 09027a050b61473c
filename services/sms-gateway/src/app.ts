import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { ConfigError } from '@millrace/runtime'
import { runStreamService } from '@millrace/stream'
import { smsGatewayEnv } from './config.ts'
import { createHttpProvider } from './providers/http-provider.ts'
import { createLogProvider } from './providers/log-provider.ts'
import { createSmsGatewayTopology } from './topology.ts'

/** Runs the SMS gateway on Kafka until it is stopped. */
export const runSmsGateway = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'sms-gateway',
    env: smsGatewayEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, clock, log, logger }) {
      const { SMS_PROVIDER, SMS_URL: url, SMS_TOKEN: token, SMS_ATTEMPTS: attempts, SMS_TIMEOUT: timeoutMs } = config
      if (SMS_PROVIDER === 'http' && url === undefined)
        throw new ConfigError(['MILLRACE_SMS_URL is missing: the provider http needs to know where to send messages.'])
      const provider =
        SMS_PROVIDER === 'http' && url !== undefined
          ? createHttpProvider({ url, token, timeoutMs, clock })
          : createLogProvider(logger)
      return { topologies: [createSmsGatewayTopology({ provider, attempts, clock, log, random: Math.random })] }
    },
  })

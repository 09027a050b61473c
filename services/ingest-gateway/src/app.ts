import { catalogOf } from '@millrace/domains/contracts'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { runStreamService } from '@millrace/stream'
import { gatewayEnv } from './config.ts'
import { createGateway } from './gateway.ts'
import { createKeyStore } from './keys/key-store.ts'

/** Runs the gateway over Kafka until it is stopped. */
export const runGateway = (variables: Readonly<Record<string, string | undefined>>): Promise<never> =>
  runStreamService({
    name: 'ingest-gateway',
    env: gatewayEnv,
    variables,
    openLog: kafkaEventLogFromEnv,
    build({ config, ...frame }) {
      const { clock, logger } = frame
      const catalog = catalogOf(config.DOMAINS)
      const keys = createKeyStore({
        file: config.KEYS_FILE,
        topics: [...catalog.routes.values()].map(({ name }) => name),
        pollMs: config.KEYS_POLL,
        clock,
        logger,
      })
      const gateway = createGateway({
        ...frame,
        catalog,
        keys,
        options: {
          host: config.HTTP_HOST,
          port: config.HTTP_PORT,
          replicas: config.REPLICAS,
          ackDeadlineMs: config.ACK_DEADLINE,
          maxRecords: config.MAX_RECORDS,
          maxBodyBytes: config.MAX_BODY,
          maxDecodedBytes: config.MAX_DECODED_BODY,
          inFlightBytes: config.IN_FLIGHT_BUDGET,
          requestTimeoutMs: config.REQUEST_TIMEOUT,
          idleTimeoutMs: config.IDLE_TIMEOUT,
          maxConnections: config.MAX_CONNECTIONS,
        },
      })
      return { components: [keys, gateway] }
    },
  })

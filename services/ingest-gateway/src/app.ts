import { kafkaEventLogFromEnv } from '@millrace/event-log'
import {
  createAdminServer,
  createHealth,
  createLogger,
  createServiceMetrics,
  loadConfig,
  runService,
  systemClock,
} from '@millrace/runtime'
import { gatewayEnv } from './config.ts'
import { createGateway } from './gateway.ts'
import { createKeyStore } from './keys/key-store.ts'

/** Runs the gateway over Kafka until it is stopped. */
export async function runGateway(variables: Readonly<Record<string, string | undefined>>): Promise<never> {
  const config = loadConfig(variables, gatewayEnv)
  const clock = systemClock
  const logger = createLogger('ingest-gateway', { level: config.LOG_LEVEL })
  const metrics = createServiceMetrics('ingest-gateway')
  const health = createHealth()
  const log = kafkaEventLogFromEnv(config, { clock, logger })
  const keys = createKeyStore({ file: config.KEYS_FILE, pollMs: config.KEYS_POLL, clock, logger })
  const gateway = createGateway({
    log,
    keys,
    clock,
    logger,
    metrics,
    health,
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
  const admin = createAdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    registry: metrics.registry,
  })
  return runService({
    logger,
    clock,
    components: [admin, { name: 'event-log', start: async () => {}, stop: () => log.close() }, keys, gateway],
    drainDelayMs: config.DRAIN_DELAY,
    stopDeadlineMs: config.STOP_DEADLINE,
    onStopping: () => health.startDraining(),
  })
}

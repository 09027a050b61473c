import type { Logger } from '@millrace/runtime'
import kafkajs, { type ISocketFactory, type Kafka, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import type { KafkaSettings } from '../kafka-options.ts'
import { registerZstd } from './zstd-codec.ts'

registerZstd()

/** What kafkajs says goes to our logger at debug level: it reports every retry as an error. */
const routeTo =
  (logger: Logger): logCreator =>
  () =>
  ({ namespace, label, log: { message, timestamp: _timestamp, logger: _name, stack: _stack, ...rest } }) =>
    logger.debug({ namespace, level: label, message, ...rest }, 'kafkajs')

/** Opens connections as kafkajs does, to where the settings lead. */
export function socketFactoryOf({ routeTo }: KafkaSettings): ISocketFactory {
  const open = createSocketFactory()
  if (!routeTo) return open
  return ({ host, port, ...rest }) => open({ ...rest, ...routeTo({ host, port }) })
}

/** What every connection to the cluster is made with. */
export function connectionConfig(settings: KafkaSettings, clientId: string): KafkaConfig {
  const { brokers, tls, sasl, logger, requestTimeoutMs, connectionTimeoutMs } = settings
  return {
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 },
    logLevel: logger.isLevelEnabled('debug') ? kafkajs.logLevel.INFO : kafkajs.logLevel.NOTHING,
    logCreator: routeTo(logger),
    socketFactory: socketFactoryOf(settings),
    ...(tls ? { ssl: { ...tls } } : {}),
    // A copy: kafkajs keeps what it makes of the credentials in this very object.
    ...(sasl ? { sasl: { ...sasl } as SASLOptions } : {}),
  }
}

/**
 * A kafkajs client of its own for every producer and consumer: they share more than they should (two consumers of one
 * group from one client overwrite each other's positions).
 */
export const createKafkaClient = (settings: KafkaSettings, clientId: string): Kafka =>
  new kafkajs.Kafka(connectionConfig(settings, clientId))

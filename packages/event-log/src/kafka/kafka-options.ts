import type { Clock, Logger } from '@millrace/runtime'

/** The client libraries that there is an adapter for. */
export const kafkaClients = ['kafkajs', 'platformatic'] as const
export type KafkaClientName = (typeof kafkaClients)[number]
export const DEFAULT_KAFKA_CLIENT: KafkaClientName = 'platformatic'

export type KafkaCompression = 'none' | 'gzip' | 'zstd'

export interface KafkaTls {
  /** PEM of the authorities that are trusted instead of the system's. */
  readonly ca?: string
  /** PEM of the client's certificate and key, where brokers ask for one. */
  readonly cert?: string
  readonly key?: string
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface KafkaEventLogOptions {
  /** `host:port`; any of the cluster's brokers will do, several are safer. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** The library that speaks to the brokers. Default platformatic. */
  readonly client?: KafkaClientName
  readonly clock: Clock
  readonly logger: Logger
  readonly tls?: KafkaTls
  readonly sasl?: KafkaSasl
  /** For topics that are created; default: the number of brokers, at most 3. */
  readonly replicationFactor?: number
  /** Of what is written; all of them can be read. Default none. */
  readonly compression?: KafkaCompression
  /** How long an idle partition waits for more records before it sends. Default 2. */
  readonly lingerMs?: number
  /** Most records and bytes of one batch. Defaults 1,000 and 512 KiB; a topic's own limit may be lower. */
  readonly maxBatchRecords?: number
  readonly maxBatchBytes?: number
  /** A producer that holds this much refuses more with `log_saturated`. Default 64 MiB. */
  readonly maxInFlightBytes?: number
  /** How long an answer of a broker is waited for. Default 10,000. */
  readonly requestTimeoutMs?: number
  readonly connectionTimeoutMs?: number
  /** Where to connect for a broker, if not where it says; a test may lead connections through a proxy. */
  readonly routeTo?: (broker: BrokerAddress) => BrokerAddress
}

type Optional = 'tls' | 'sasl' | 'replicationFactor' | 'routeTo'

export type KafkaSettings = Required<Omit<KafkaEventLogOptions, Optional>> & Pick<KafkaEventLogOptions, Optional>

export const settingsOf = (options: KafkaEventLogOptions): KafkaSettings => ({
  client: DEFAULT_KAFKA_CLIENT,
  compression: 'none',
  lingerMs: 2,
  maxBatchRecords: 1_000,
  maxBatchBytes: 512 << 10,
  maxInFlightBytes: 64 << 20,
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 3_000,
  ...options,
})

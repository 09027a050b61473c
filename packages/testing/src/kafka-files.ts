import { HOST, type ServerPlan } from './server-plan.ts'

/** Any 16 bytes, base64url: brokers of one stack must agree. */
export const KAFKA_CLUSTER_ID = 'bWlsbHJhY2UtdGVzdC0wMQ'

/**
 * The properties of one combined broker and controller.
 * @param brokers every broker of the stack
 * @param bind the address that clients' listeners listen on
 */
export function kafkaProperties(
  plan: ServerPlan,
  { brokers, dataDirectory, bind = HOST }: { brokers: readonly ServerPlan[]; dataDirectory: string; bind?: string },
): string {
  const replicas = Math.min(3, brokers.length)
  const inSync = Math.max(1, replicas - 1)
  const { ports } = plan
  const voters = brokers.map(broker => `${broker.index}@${HOST}:${broker.ports.controller}`).join(',')
  return lines({
    'process.roles': 'broker,controller',
    'node.id': plan.index,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: listeners({
      CLIENT: `${bind}:${ports.client}`,
      DETOUR: `${bind}:${ports.detour}`,
      INTERNAL: `${HOST}:${ports.internal}`,
      CONTROLLER: `${HOST}:${ports.controller}`,
    }),
    'advertised.listeners': listeners({
      CLIENT: `${HOST}:${ports.client}`,
      DETOUR: `${HOST}:${ports.detourAdvertised}`,
      INTERNAL: `${HOST}:${ports.internal}`,
      CONTROLLER: `${HOST}:${ports.controller}`,
    }),
    'listener.security.protocol.map': ['CLIENT', 'DETOUR', 'INTERNAL', 'CONTROLLER']
      .map(n => `${n}:PLAINTEXT`)
      .join(','),
    'log.dirs': dataDirectory,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.partitions': 6,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 12,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 12,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 12,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // A killed broker is fenced after 6 s, not 9: drills wait for it.
    'broker.session.timeout.ms': 6000,
    'broker.heartbeat.interval.ms': 1000,
    'group.min.session.timeout.ms': 1000,
    // The cleaner takes this from the heap at once; the default of 128 MiB is half of a small heap.
    'log.cleaner.dedupe.buffer.size': 16 * 2 ** 20,
  })
}

/** Kafka's logging: everything of INFO and above into one file. */
export const kafkaLogging = (logFile: string): string =>
  lines({
    status: 'warn',
    'appender.file.type': 'File',
    'appender.file.name': 'file',
    'appender.file.fileName': logFile,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': '%d{ISO8601} %p [%t] %c{1}: %m%n',
    'rootLogger.level': 'info',
    'rootLogger.appenderRef.file.ref': 'file',
  })

const lines = (properties: Record<string, string | number | boolean>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

const listeners = (addresses: Record<string, string>): string =>
  Object.entries(addresses)
    .map(([name, address]) => `${name}://${address}`)
    .join(',')

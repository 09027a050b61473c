import { readFileSync } from 'node:fs'
import { HOST, KAFKA_LOGIN, type ServerPlan } from './server-plan.ts'

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
      SECURE: `${bind}:${ports.secure}`,
      INTERNAL: `${HOST}:${ports.internal}`,
      CONTROLLER: `${HOST}:${ports.controller}`,
    }),
    'advertised.listeners': listeners({
      CLIENT: `${HOST}:${ports.client}`,
      DETOUR: `${HOST}:${ports.detourAdvertised}`,
      SECURE: `${HOST}:${ports.secure}`,
      INTERNAL: `${HOST}:${ports.internal}`,
      CONTROLLER: `${HOST}:${ports.controller}`,
    }),
    'listener.security.protocol.map': ['CLIENT', 'DETOUR', 'INTERNAL', 'CONTROLLER']
      .map(n => `${n}:PLAINTEXT`)
      .concat('SECURE:SASL_SSL')
      .join(','),
    ...secureListener(),
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

/** Arguments of the formatting tool that make the login known for SCRAM, which keeps its own record of it. */
export const SCRAM_ARGUMENTS: readonly string[] = [
  '--add-scram',
  `SCRAM-SHA-512=[name=${KAFKA_LOGIN.username},password=${KAFKA_LOGIN.password}]`,
]

/** TLS with the certificate of the tests, and a login. */
function secureListener(): Record<string, string> {
  const { username, password } = KAFKA_LOGIN
  const pem = (name: string): string =>
    readFileSync(new URL(`../certificates/${name}`, import.meta.url), 'utf8')
      .trim()
      .replaceAll('\n', '\\n')
  const listener = 'listener.name.secure.'
  return {
    [`${listener}ssl.keystore.type`]: 'PEM',
    [`${listener}ssl.keystore.certificate.chain`]: pem('server.pem'),
    [`${listener}ssl.keystore.key`]: pem('server.key'),
    [`${listener}sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-512',
    [`${listener}plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    [`${listener}scram-sha-512.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  }
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

import { fileURLToPath } from 'node:url'
import type { KafkaDetour, SecureKafka, StackAddresses, StackOptions } from './stack.ts'
import type { Software } from './versions.ts'

export type ServerKind = 'kafka' | 'namenode' | 'datanode' | 'cassandra'

/** One server to run: what it is, and its ports by name (the first is the one clients use). */
export interface ServerPlan {
  readonly name: string
  readonly kind: ServerKind
  /** 1 for the first of its kind. */
  readonly index: number
  /** Clients must log in. */
  readonly asksForLogin?: true
  readonly ports: Readonly<Record<string, number>>
}

export const HOST = '127.0.0.1'
/** The HDFS superuser, and the user that clients name. */
export const HDFS_USER = 'millrace'
export const DATA_CENTER = 'datacenter1'
/** The superuser that a Cassandra with logins begins with. */
export const CASSANDRA_LOGIN = { username: 'cassandra', password: 'cassandra' } as const
/** Who may come in by the secure listener of a broker. */
export const KAFKA_LOGIN = { username: 'millrace', password: 'not-a-secret-of-the-tests' } as const

const PORT_NAMES: Record<ServerKind, readonly string[]> = {
  kafka: ['client', 'internal', 'controller', 'detour', 'detourAdvertised', 'secure'],
  namenode: ['http', 'rpc'],
  datanode: ['http', 'transfer', 'ipc'],
  cassandra: ['cql', 'storage'],
}

export const SOFTWARE_OF: Record<ServerKind, Software> = {
  kafka: 'kafka',
  namenode: 'hadoop',
  datanode: 'hadoop',
  cassandra: 'cassandra',
}

export type StackShape = Required<Pick<StackOptions, 'kafkaBrokers' | 'dataNodes' | 'cassandra'>>

/** Servers in the order in which they are listed; a NameNode is there when a DataNode is. */
export function listServers({ kafkaBrokers, dataNodes, cassandra }: StackShape): Omit<ServerPlan, 'ports'>[] {
  const many = (kind: 'kafka' | 'datanode', count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `${kind}${i + 1}`, kind, index: i + 1 }))
  return [
    ...many('kafka', kafkaBrokers),
    ...(dataNodes > 0 ? [{ name: 'namenode', kind: 'namenode' as const, index: 1 }] : []),
    ...many('datanode', dataNodes),
    ...(cassandra
      ? [
          {
            ...{ name: 'cassandra', kind: 'cassandra' as const, index: 1 },
            ...(cassandra === 'with-login' ? { asksForLogin: true as const } : {}),
          },
        ]
      : []),
  ]
}

/**
 * Gives every server its ports.
 * @param findPorts finds free ports; its second argument names ports to take where they are free
 * @param earlier plans of an earlier run in the same folder, whose ports are taken again where they are free
 */
export async function planServers(
  shape: StackShape,
  findPorts: (count: number, preferred: readonly (number | undefined)[]) => Promise<number[]>,
  earlier: readonly ServerPlan[] = [],
): Promise<ServerPlan[]> {
  const servers = listServers(shape)
  const wanted = servers.flatMap(server => {
    const before = earlier.find(plan => plan.name === server.name)
    return PORT_NAMES[server.kind].map(name => before?.ports[name])
  })
  const ports = await findPorts(wanted.length, wanted)
  return servers.map(server => ({
    ...server,
    ports: Object.fromEntries(PORT_NAMES[server.kind].map(name => [name, ports.shift()!])),
  }))
}

/** `host:port` of the port that clients use. */
export const addressOf = (plan: ServerPlan): string => `${HOST}:${plan.ports[PORT_NAMES[plan.kind][0]!]}`

/** For each broker where a proxy must listen, and where it must lead, to stand between clients and the broker. */
export const detoursOf = (plans: readonly ServerPlan[]): KafkaDetour[] =>
  plans
    .filter(plan => plan.kind === 'kafka')
    .map(({ ports }) => ({ listen: `${HOST}:${ports.detourAdvertised}`, target: `${HOST}:${ports.detour}` }))

/** How clients come in by TLS and a login. */
export const secureKafkaOf = (plans: readonly ServerPlan[]): SecureKafka => ({
  brokers: plans.filter(plan => plan.kind === 'kafka').map(({ ports }) => `${HOST}:${ports.secure}`),
  ...KAFKA_LOGIN,
  authorityFile: fileURLToPath(new URL('../certificates/authority.pem', import.meta.url)),
})

export function addressesOf(plans: readonly ServerPlan[]): StackAddresses {
  const brokers = plans.filter(plan => plan.kind === 'kafka').map(addressOf)
  const nameNodes = plans.filter(plan => plan.kind === 'namenode').map(plan => `http://${addressOf(plan)}`)
  const cassandra = plans.find(plan => plan.kind === 'cassandra')
  return {
    kafka: brokers.length > 0 ? { brokers } : null,
    hdfs: nameNodes.length > 0 ? { nameNodes, user: HDFS_USER } : null,
    cassandra: cassandra ? { contactPoints: [HOST], port: cassandra.ports.cql!, localDataCenter: DATA_CENTER } : null,
  }
}

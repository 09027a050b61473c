import path from 'node:path'
import { GenericContainer, getContainerRuntimeClient, type WaitStrategy } from 'testcontainers'
import { cassandraYaml } from './cassandra-files.ts'
import { hadoopConsoleLogging, hadoopFiles } from './hadoop-files.ts'
import type { PreparedServer } from './java-way.ts'
import { KAFKA_CLUSTER_ID, kafkaProperties, SCRAM_ARGUMENTS } from './kafka-files.ts'
import { HDFS_USER, type ServerPlan, SOFTWARE_OF } from './server-plan.ts'
import { notePid } from './stack-state.ts'
import { SERVER_IMAGES } from './versions.ts'

/*
 * The same servers, configuration and ports in containers of the official images. A port has one number inside and
 * outside, as servers tell clients where to go. Containers are removed by the stack itself, however its process ends,
 * so the reaper of testcontainers is not used.
 */

const FILES = '/millrace'
const DATA = '/tmp/millrace'

interface ContainerSpec {
  /** Runs at every start of the container, so it formats only what is not there. */
  readonly script: string
  readonly environment: Record<string, string>
  readonly files: Readonly<Record<string, string>>
  readonly ports: readonly { readonly container: number; readonly host: number }[]
}

interface DockerContext {
  readonly directory: string
  readonly plans: readonly ServerPlan[]
}

/** Makes the network and says how each container is started. */
export async function prepareContainers({ directory, plans }: DockerContext): Promise<PreparedServer[]> {
  const client = await getContainerRuntimeClient()
  const network = await client.network.create({ Name: `millrace-${path.basename(directory)}-${process.pid}` })
  notePid(directory, 'network', { network: network.id })
  return plans.map(plan => ({
    ...plan,
    launch: null,
    begin: () => begin(directory, plan, { plans, network: network.id }),
  }))
}

async function begin(
  directory: string,
  plan: ServerPlan,
  { plans, network }: { plans: readonly ServerPlan[]; network: string },
): Promise<void> {
  const { script, environment, files, ports } = specOf(plan, plans)
  const container = new NotedContainer(SERVER_IMAGES[SOFTWARE_OF[plan.kind]])
  container.note = id => notePid(directory, plan.name, { container: id })
  await container
    .withEntrypoint(['sh', '-c', script])
    .withEnvironment(environment)
    .withCopyContentToContainer(
      Object.entries(files).map(([name, content]) => ({ content, target: `${FILES}/${name}`, mode: 0o644 })),
    )
    .withExposedPorts(...ports)
    .withNetworkMode(network)
    .withNetworkAliases(plan.name)
    .withAutoCleanup(false)
    .withWaitStrategy(noWait)
    .start()
}

/** Tells the id as soon as there is one, before the container runs. */
class NotedContainer extends GenericContainer {
  note: (id: string) => void = () => {}

  protected override async containerCreated(id: string): Promise<void> {
    this.note(id)
  }
}

/** Readiness is asked of the servers themselves, the same way as without containers. */
const noWait: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
}

/** What runs in the container of one server. */
export function specOf(plan: ServerPlan, plans: readonly ServerPlan[]): ContainerSpec {
  if (plan.kind === 'kafka') return kafkaSpec(plan, plans)
  return plan.kind === 'cassandra' ? cassandraSpec(plan) : hadoopSpec(plan, plans)
}

function kafkaSpec(plan: ServerPlan, plans: readonly ServerPlan[]): ContainerSpec {
  const brokers = plans.filter(other => other.kind === 'kafka')
  const properties = kafkaProperties(plan, {
    brokers,
    dataDirectory: DATA,
    hostOf: broker => broker.name,
    bind: '0.0.0.0',
  })
  const file = `${FILES}/server.properties`
  return {
    script: [
      `[ -f ${DATA}/meta.properties ] || /opt/kafka/bin/kafka-storage.sh format -t ${KAFKA_CLUSTER_ID} -c ${file} ${SCRAM_ARGUMENTS.map(argument => `'${argument}'`).join(' ')} || exit 1`,
      `exec /opt/kafka/bin/kafka-server-start.sh ${file}`,
    ].join('\n'),
    environment: { KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m' },
    files: { 'server.properties': properties },
    ports: [...same(plan.ports.client!), ...same(plan.ports.detour!), ...same(plan.ports.secure!)],
  }
}

function hadoopSpec(plan: ServerPlan, plans: readonly ServerPlan[]): ContainerSpec {
  const nameNode = plans.find(other => other.kind === 'namenode')!
  const dataNodes = plans.filter(other => other.kind === 'datanode').length
  const place = { dataDirectory: DATA, nameNode, dataNodes, nameNodeHost: nameNode.name, bind: '0.0.0.0' }
  const hdfs = `/opt/hadoop/bin/hdfs --config ${FILES}`
  const format = `[ -f ${DATA}/name/current/VERSION ] || ${hdfs} namenode -format -nonInteractive -clusterId millrace || exit 1`
  return {
    script: [...(plan.kind === 'namenode' ? [format] : []), `exec ${hdfs} ${plan.kind}`].join('\n'),
    environment: { HADOOP_USER_NAME: HDFS_USER, HADOOP_LOG_DIR: '/tmp', HADOOP_HEAPSIZE_MAX: '384m' },
    files: { ...hadoopFiles(plan, place), 'log4j.properties': hadoopConsoleLogging },
    ports: same(plan.ports.http!),
  }
}

/** The image's entry point gives its data folder to its user and steps down to it. */
const cassandraSpec = (plan: ServerPlan): ContainerSpec => ({
  script: 'exec docker-entrypoint.sh cassandra -f',
  environment: {
    MAX_HEAP_SIZE: '512m',
    HEAP_NEWSIZE: '128m',
    JVM_EXTRA_OPTS: `-Dcassandra.config=file://${FILES}/cassandra.yaml -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=100`,
  },
  files: { 'cassandra.yaml': cassandraYaml(plan, '/var/lib/cassandra', '0.0.0.0') },
  ports: same(plan.ports.cql!),
})

const same = (port: number) => [{ container: port, host: port }]

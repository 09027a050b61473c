import { createHash } from 'node:crypto'
import { GenericContainer, type WaitStrategy } from 'testcontainers'
import { cassandraYaml } from './cassandra-files.ts'
import { removeContainer, removeVolume } from './docker-engine.ts'
import { hadoopConsoleLogging, hadoopFiles } from './hadoop-files.ts'
import type { PreparedServer } from './java-way.ts'
import { KAFKA_CLUSTER_ID, kafkaProperties, SCRAM_ARGUMENTS } from './kafka-files.ts'
import { HDFS_USER, HOST, type ServerPlan, SOFTWARE_OF } from './server-plan.ts'
import { listVolumes, NETWORK, notePid, noteVolume } from './stack-state.ts'
import { SERVER_IMAGES } from './versions.ts'

/*
 * The same servers, configuration and ports in containers of the official images. All containers share the network of
 * one that does nothing else: servers reach each other at 127.0.0.1 as without containers, whatever restarts in which
 * order, and that one's published ports, bound to 127.0.0.1 of the machine, lead to them. The stack removes containers
 * itself, however its process ends, so the reaper of testcontainers is not used.
 */

const FILES = '/millrace'
const DATA = '/millrace-data'
const ANY = '0.0.0.0'
const QUICK = '-XX:TieredStopAtLevel=1'

interface ContainerSpec {
  /** Runs at every start of the container, so it formats only what is not there. */
  readonly script: string
  readonly environment: Record<string, string>
  readonly files: Readonly<Record<string, string>>
  /** Ports for clients. */
  readonly ports: readonly number[]
  /** Folder of the data that outlives the container. */
  readonly data: string
  readonly user?: string
}

interface DockerContext {
  /** Of the stack. */
  readonly directory: string
  readonly plans: readonly ServerPlan[]
  readonly quickStart: boolean
}

/** Starts the container that holds the network and says how each server's is started. */
export async function prepareContainers(context: DockerContext): Promise<PreparedServer[]> {
  const { directory, plans } = context
  const image = SERVER_IMAGES[SOFTWARE_OF[plans[0]!.kind]]
  const network = new StackContainer(image, { directory, name: NETWORK })
  network.publish(plans.flatMap(plan => specOf(plan, context).ports))
  notePid(directory, NETWORK, { network: network.id })
  await removeContainer(network.id)
  await network.withEntrypoint(['tail', '-f', '/dev/null']).start()
  return plans.map(plan => ({ ...plan, launch: null, begin: () => begin(plan, context) }))
}

async function begin(plan: ServerPlan, context: DockerContext): Promise<void> {
  const { directory } = context
  const { script, environment, files, data, user } = specOf(plan, context)
  const container = new StackContainer(SERVER_IMAGES[SOFTWARE_OF[plan.kind]], { directory, name: plan.name })
  container
    .withEntrypoint(['sh', '-c', script])
    .withEnvironment(environment)
    .withCopyContentToContainer(
      Object.entries(files).map(([name, content]) => ({ content, target: `${FILES}/${name}`, mode: 0o644 })),
    )
    .withNetworkMode(`container:${containerName(directory, NETWORK)}`)
  if (user) container.withUser(user)
  container.keep(data)
  // Containers and data of a folder that was deleted by hand are not those of the one that has its name now.
  await removeContainer(container.id)
  if (!listVolumes(directory).includes(container.id)) await removeVolume(container.id)
  noteVolume(directory, plan.name, container.id)
  notePid(directory, plan.name, { container: container.id })
  await container.start()
}

/** One name for a server's container and for the volume of its data: the same for the same folder. */
export function containerName(directory: string, name: string): string {
  return `millrace-${createHash('sha256').update(directory).digest('hex').slice(0, 10)}-${name}`
}

class StackContainer extends GenericContainer {
  readonly id: string
  readonly #labels: Record<string, string>

  constructor(image: string, { directory, name }: { directory: string; name: string }) {
    super(image)
    this.id = containerName(directory, name)
    this.#labels = { 'millrace.stack': directory, 'millrace.server': name }
    this.withName(this.id).withLabels(this.#labels).withAutoCleanup(false).withWaitStrategy(noWait)
  }

  publish(ports: readonly number[]): void {
    this.withExposedPorts(...ports.map(port => ({ container: port, host: port })))
    // testcontainers knows no address to publish on, which means all of them.
    for (const bindings of Object.values<{ HostIp?: string }[]>(this.hostConfig.PortBindings))
      for (const binding of bindings) binding.HostIp = HOST
  }

  /** Gives a folder a volume that outlives the container. */
  keep(folder: string): void {
    this.hostConfig.Mounts = [
      {
        ...{ Type: 'volume', Source: this.id, Target: folder, ReadOnly: false },
        VolumeOptions: { NoCopy: false, Labels: this.#labels, DriverConfig: { Name: '', Options: {} } },
      },
    ]
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
export function specOf(plan: ServerPlan, context: Pick<DockerContext, 'plans' | 'quickStart'>): ContainerSpec {
  if (plan.kind === 'kafka') return kafkaSpec(plan, context)
  return plan.kind === 'cassandra' ? cassandraSpec(plan, context) : hadoopSpec(plan, plan.kind, context)
}

type SpecContext = Pick<DockerContext, 'plans' | 'quickStart'>

/** Formats a data folder that is not whole, clearing what a formatting that was cut short left there. */
const formatOnce = (madeFile: string, dataDirectory: string, command: string): string =>
  `[ -f ${madeFile} ] || { rm -rf ${dataDirectory} && mkdir -p ${dataDirectory} && ${command}; } || exit 1`

function kafkaSpec(plan: ServerPlan, { plans, quickStart }: SpecContext): ContainerSpec {
  const brokers = plans.filter(other => other.kind === 'kafka')
  const dataDirectory = `${DATA}/log`
  const file = `${FILES}/server.properties`
  const users = SCRAM_ARGUMENTS.map(argument => `'${argument}'`).join(' ')
  const format = `/opt/kafka/bin/kafka-storage.sh format -t ${KAFKA_CLUSTER_ID} -c ${file} ${users}`
  return {
    script: [
      formatOnce(`${dataDirectory}/meta.properties`, dataDirectory, format),
      `exec /opt/kafka/bin/kafka-server-start.sh ${file}`,
    ].join('\n'),
    environment: { KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m', ...(quickStart ? { KAFKA_OPTS: QUICK } : {}) },
    files: { 'server.properties': kafkaProperties(plan, { brokers, dataDirectory, bind: ANY }) },
    ports: [plan.ports.client!, plan.ports.detour!, plan.ports.secure!],
    data: DATA,
    // Of whom a volume is that the image does not know.
    user: 'root',
  }
}

function hadoopSpec(
  plan: ServerPlan,
  kind: 'namenode' | 'datanode',
  { plans, quickStart }: SpecContext,
): ContainerSpec {
  const nameNode = plans.find(other => other.kind === 'namenode')!
  const dataNodes = plans.filter(other => other.kind === 'datanode').length
  const dataDirectory = `${DATA}/dfs`
  const hdfs = `/opt/hadoop/bin/hdfs --config ${FILES}`
  const format = `${hdfs} namenode -format -nonInteractive -clusterId millrace`
  return {
    script: [
      ...(kind === 'namenode' ? [formatOnce(`${dataDirectory}/name/current/VERSION`, dataDirectory, format)] : []),
      `exec ${hdfs} ${kind}`,
    ].join('\n'),
    environment: {
      HADOOP_USER_NAME: HDFS_USER,
      HADOOP_LOG_DIR: '/tmp',
      HADOOP_HEAPSIZE_MAX: kind === 'namenode' ? '384m' : '256m',
      ...(quickStart ? { HADOOP_OPTS: QUICK } : {}),
    },
    files: {
      ...hadoopFiles(plan, { dataDirectory, nameNode, dataNodes, bind: ANY }),
      'log4j.properties': hadoopConsoleLogging,
    },
    ports: [plan.ports.http!],
    data: DATA,
    user: 'root',
  }
}

/** The image's entry point gives the data folder to the image's user and steps down to it. */
const cassandraSpec = (plan: ServerPlan, { quickStart }: SpecContext): ContainerSpec => ({
  script: 'exec docker-entrypoint.sh cassandra -f',
  environment: {
    MAX_HEAP_SIZE: '512m',
    HEAP_NEWSIZE: '128m',
    JVM_EXTRA_OPTS: [
      ...(quickStart ? [QUICK] : []),
      `-Dcassandra.config=file://${FILES}/cassandra.yaml`,
      '-Dcassandra.skip_wait_for_gossip_to_settle=0',
      '-Dcassandra.ring_delay_ms=100',
      '-Dcassandra.superuser_setup_delay_ms=0',
    ].join(' '),
  },
  files: { 'cassandra.yaml': cassandraYaml(plan, '/var/lib/cassandra', ANY) },
  ports: [plan.ports.cql!],
  data: '/var/lib/cassandra',
})

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { CASSANDRA_JVM_ARGUMENTS, cassandraLogging, cassandraYaml } from './cassandra-files.ts'
import { resolveClassPaths } from './class-path.ts'
import { hadoopFiles, hadoopLogging } from './hadoop-files.ts'
import { runTool, spawnServer } from './java-process.ts'
import { kafkaLogging, kafkaProperties } from './kafka-files.ts'
import { HDFS_USER, type ServerPlan, SOFTWARE_OF } from './server-plan.ts'
import { type JavaLaunch, logFileOf, type ServerRecord } from './stack-state.ts'
import { writeWhole } from './text-file.ts'

const FORMAT_DEADLINE_MS = 120_000
/** Any 16 bytes, base64url: brokers of one stack must agree. */
const KAFKA_CLUSTER_ID = 'bWlsbHJhY2UtdGVzdC0wMQ'

/** Tools run once and briefly: quick to start matters more than fast code. */
const TOOL_ARGUMENTS = ['-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const SERVER_ARGUMENTS = ['-Djava.net.preferIPv4Stack=true', '-Djava.awt.headless=true', '-XX:+ExitOnOutOfMemoryError']

interface Prepared {
  readonly launch: JavaLaunch
  /** Makes the data folder, before the first start. */
  readonly format?: { readonly launch: JavaLaunch; readonly madeFile: string }
}

export interface JavaContext {
  readonly directory: string
  readonly java: string
  readonly plans: readonly ServerPlan[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

/** Writes the configuration of every server and says how each is started. */
export async function prepareJavaServers(
  context: JavaContext,
): Promise<(ServerRecord & { begin: () => Promise<void> })[]> {
  const { directory, plans, signal } = context
  const software = [...new Set(plans.map(plan => SOFTWARE_OF[plan.kind]))]
  const classPaths = await resolveClassPaths(software, context)
  return plans.map(plan => {
    const { launch, format } = prepare(plan, context, classPaths.get(SOFTWARE_OF[plan.kind])!)
    const begin = async () => {
      if (format && !existsSync(format.madeFile)) {
        // What a formatting that was cut short left behind would make the next one refuse.
        rmSync(dataDirectoryOf(directory, plan.name), { recursive: true, force: true })
        mkdirSync(dataDirectoryOf(directory, plan.name))
        const options = { launch: format.launch, deadlineMs: FORMAT_DEADLINE_MS, signal }
        await runTool(directory, `${plan.name}-format`, options)
      }
      signal.throwIfAborted()
      await spawnServer(directory, plan.name, launch)
    }
    return { ...plan, launch, begin }
  })
}

const dataDirectoryOf = (directory: string, name: string): string => path.join(directory, 'data', name)

function prepare(plan: ServerPlan, context: JavaContext, classPath: string): Prepared {
  const configuration = path.join(context.directory, 'conf', plan.name)
  const place: Place = {
    ...context,
    configuration,
    classPath,
    dataDirectory: dataDirectoryOf(context.directory, plan.name),
    logFile: logFileOf(context.directory, plan.name),
  }
  mkdirSync(place.dataDirectory, { recursive: true })
  mkdirSync(path.dirname(place.logFile), { recursive: true })
  if (plan.kind === 'kafka') return prepareKafka(plan, place)
  if (plan.kind === 'cassandra') return prepareCassandra(plan, place)
  return prepareHadoop(plan, place)
}

interface Place extends JavaContext {
  readonly configuration: string
  readonly classPath: string
  readonly dataDirectory: string
  readonly logFile: string
}

function prepareKafka(
  plan: ServerPlan,
  { java, plans, configuration, classPath, dataDirectory, logFile }: Place,
): Prepared {
  const brokers = plans.filter(other => other.kind === 'kafka')
  const properties = path.join(configuration, 'server.properties')
  const logging = path.join(configuration, 'log4j2.properties')
  writeWhole(properties, kafkaProperties(plan, { brokers, dataDirectory }))
  writeWhole(logging, kafkaLogging(logFile))
  const common = [`-Dlog4j2.configurationFile=${logging}`, '-Dlog4j2.disableJmx=true', '-cp', classPath]
  const heap = ['-Xms128m', '-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']
  const format = ['format', '-t', KAFKA_CLUSTER_ID, '-c', properties]
  return {
    launch: { command: java, arguments: [...heap, ...SERVER_ARGUMENTS, ...common, 'kafka.Kafka', properties] },
    format: {
      launch: { command: java, arguments: [...TOOL_ARGUMENTS, ...common, 'kafka.tools.StorageTool', ...format] },
      madeFile: path.join(dataDirectory, 'meta.properties'),
    },
  }
}

const HADOOP_CLASSES = {
  namenode: 'org.apache.hadoop.hdfs.server.namenode.NameNode',
  datanode: 'org.apache.hadoop.hdfs.server.datanode.DataNode',
}

function prepareHadoop(
  plan: ServerPlan,
  { java, plans, configuration, classPath, dataDirectory, logFile }: Place,
): Prepared {
  const nameNode = plans.find(other => other.kind === 'namenode')!
  const dataNodes = plans.filter(other => other.kind === 'datanode').length
  const files = hadoopFiles(plan, { dataDirectory, nameNode, dataNodes })
  for (const [name, content] of Object.entries(files)) writeWhole(path.join(configuration, name), content)
  writeWhole(path.join(configuration, 'log4j.properties'), hadoopLogging(logFile))
  // The published jars lack the folders of the web pages; the servers want to see them on the class path.
  for (const page of ['hdfs', 'datanode', 'static'])
    mkdirSync(path.join(configuration, 'webapps', page), { recursive: true })
  const common = [
    ...['--add-opens=java.base/java.lang=ALL-UNNAMED', `-DHADOOP_USER_NAME=${HDFS_USER}`],
    ...['-cp', `${configuration}${path.delimiter}${classPath}`],
  ]
  const mainClass = HADOOP_CLASSES[plan.kind as keyof typeof HADOOP_CLASSES]
  const heap = plan.kind === 'namenode' ? '-Xmx384m' : '-Xmx256m'
  const launch = {
    command: java,
    arguments: [heap, '-Xms64m', '-XX:+UseSerialGC', ...SERVER_ARGUMENTS, ...common, mainClass],
  }
  if (plan.kind === 'datanode') return { launch }
  const format = [...TOOL_ARGUMENTS, ...common, mainClass, '-format', '-nonInteractive', '-clusterId', 'millrace']
  return {
    launch,
    format: {
      launch: { command: java, arguments: format },
      madeFile: path.join(dataDirectory, 'name/current/VERSION'),
    },
  }
}

function prepareCassandra(
  plan: ServerPlan,
  { java, configuration, classPath, dataDirectory, logFile }: Place,
): Prepared {
  const yaml = path.join(configuration, 'cassandra.yaml')
  const logging = path.join(configuration, 'logback.xml')
  writeWhole(yaml, cassandraYaml(plan, dataDirectory))
  writeWhole(logging, cassandraLogging(logFile))
  return {
    launch: {
      command: java,
      arguments: [
        ...['-Xms256m', '-Xmx512m', '-XX:+UseG1GC', ...SERVER_ARGUMENTS, ...CASSANDRA_JVM_ARGUMENTS],
        ...[`-Dcassandra.config=file://${yaml}`, `-Dcassandra.storagedir=${dataDirectory}`],
        ...[`-Dcassandra.logdir=${path.dirname(logFile)}`, `-Dlogback.configurationFile=${logging}`],
        ...['-cp', classPath, 'org.apache.cassandra.service.CassandraDaemon'],
      ],
    },
  }
}

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeDirectorySync } from '@millrace/runtime'
import { CASSANDRA_JVM_ARGUMENTS, cassandraLogging, cassandraYaml } from './cassandra-files.ts'
import { hadoopFiles, hadoopLogging } from './hadoop-files.ts'
import { KAFKA_CLUSTER_ID, kafkaLogging, kafkaProperties, SCRAM_ARGUMENTS } from './kafka-files.ts'
import { HDFS_USER, type ServerPlan } from './server-plan.ts'
import { writeWhole } from './text-file.ts'

export interface LaunchPlace {
  /** Every server of the stack. */
  readonly plans: readonly ServerPlan[]
  readonly classPath: string
  /** Folder of this server's configuration. */
  readonly configuration: string
  readonly dataDirectory: string
  readonly logFile: string
}

export interface ServerLaunch {
  /** Arguments of `java`: heap, class path, main class and its own. */
  readonly arguments: readonly string[]
  /** What makes the data folder before the first start, and the file by which it is seen to be made. */
  readonly format?: { readonly arguments: readonly string[]; readonly madeFile: string }
}

/** Writes a broker's configuration and says how it is started. */
export function kafkaLaunch(plan: ServerPlan, place: LaunchPlace): ServerLaunch {
  const { plans, configuration, classPath, dataDirectory, logFile } = place
  const brokers = plans.filter(other => other.kind === 'kafka')
  const properties = path.join(configuration, 'server.properties')
  const logging = path.join(configuration, 'log4j2.properties')
  writeWhole(properties, kafkaProperties(plan, { brokers, dataDirectory }))
  writeWhole(logging, kafkaLogging(logFile))
  const common = [`-Dlog4j2.configurationFile=${logging}`, '-Dlog4j2.disableJmx=true', '-cp', classPath]
  const heap = ['-Xms128m', '-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']
  const format = ['kafka.tools.StorageTool', 'format', '-t', KAFKA_CLUSTER_ID, '-c', properties, ...SCRAM_ARGUMENTS]
  return {
    arguments: [...heap, ...common, 'kafka.Kafka', properties],
    format: { arguments: [...common, ...format], madeFile: path.join(dataDirectory, 'meta.properties') },
  }
}

const HADOOP_CLASSES = {
  namenode: 'org.apache.hadoop.hdfs.server.namenode.NameNode',
  datanode: 'org.apache.hadoop.hdfs.server.datanode.DataNode',
}

/** Writes a NameNode's or DataNode's configuration and says how it is started. */
export function hadoopLaunch(plan: ServerPlan, kind: 'namenode' | 'datanode', place: LaunchPlace): ServerLaunch {
  const { plans, configuration, classPath, dataDirectory, logFile } = place
  const nameNode = plans.find(other => other.kind === 'namenode')!
  const dataNodes = plans.filter(other => other.kind === 'datanode').length
  const files = hadoopFiles(plan, { dataDirectory, nameNode, dataNodes })
  for (const [name, content] of Object.entries(files)) writeWhole(path.join(configuration, name), content)
  writeWhole(path.join(configuration, 'log4j.properties'), hadoopLogging(logFile))
  // The published jars lack the folders of the web pages; the servers want to see them on the class path.
  for (const page of ['hdfs', 'datanode', 'static']) makeDirectorySync(path.join(configuration, 'webapps', page))
  const common = [
    ...['--add-opens=java.base/java.lang=ALL-UNNAMED', `-DHADOOP_USER_NAME=${HDFS_USER}`],
    ...['-cp', `${configuration}${path.delimiter}${classPath}`, HADOOP_CLASSES[kind]],
  ]
  const heap = ['-Xms64m', kind === 'namenode' ? '-Xmx384m' : '-Xmx256m', '-XX:+UseSerialGC']
  if (kind === 'datanode') return { arguments: [...heap, ...common] }
  const format = [...common, '-format', '-nonInteractive', '-clusterId', 'millrace']
  const madeFile = path.join(dataDirectory, 'name/current/VERSION')
  return { arguments: [...heap, ...common], format: { arguments: format, madeFile } }
}

/** Writes Cassandra's configuration and says how it is started. */
export function cassandraLaunch(plan: ServerPlan, place: LaunchPlace): ServerLaunch {
  const { configuration, classPath, dataDirectory, logFile } = place
  const yaml = path.join(configuration, 'cassandra.yaml')
  const logging = path.join(configuration, 'logback.xml')
  writeWhole(yaml, cassandraYaml(plan, dataDirectory))
  writeWhole(logging, cassandraLogging(logFile))
  return {
    arguments: [
      ...['-Xms256m', '-Xmx512m', '-XX:+UseG1GC', ...CASSANDRA_JVM_ARGUMENTS],
      ...[`-Dcassandra.config=${pathToFileURL(yaml).href}`, `-Dcassandra.storagedir=${dataDirectory}`],
      ...[`-Dcassandra.logdir=${path.dirname(logFile)}`, `-Dlogback.configurationFile=${logging}`],
      ...['-cp', classPath, 'org.apache.cassandra.service.CassandraDaemon'],
    ],
  }
}

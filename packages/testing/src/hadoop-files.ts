import { pathToFileURL } from 'node:url'
import { HOST, type ServerPlan } from './server-plan.ts'

const xml = (properties: Record<string, string | number | boolean>): string =>
  `<?xml version="1.0"?>\n<configuration>\n${Object.entries(properties)
    .map(([name, value]) => `  <property><name>${name}</name><value>${escapeXml(String(value))}</value></property>\n`)
    .join('')}</configuration>\n`

const escapeXml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

export interface HadoopPlace {
  /** Where this server keeps its data. */
  readonly dataDirectory: string
  readonly nameNode: ServerPlan
  readonly dataNodes: number
  /** The address that servers listen on for clients. */
  readonly bind?: string
}

/** core-site.xml and hdfs-site.xml of one NameNode or DataNode. */
export function hadoopFiles(plan: ServerPlan, place: HadoopPlace): Record<'core-site.xml' | 'hdfs-site.xml', string> {
  const { dataDirectory, nameNode, dataNodes, bind = HOST } = place
  return {
    'core-site.xml': xml({
      'fs.defaultFS': `hdfs://${HOST}:${nameNode.ports.rpc}`,
      'hadoop.tmp.dir': `${dataDirectory}/tmp`,
      // A DataNode notices only at its next call that a connection to a killed NameNode is dead, and fails a client's
      // request by it: idle ones are given up sooner than a NameNode can be back.
      'ipc.client.connection.maxidletime': 1000,
    }),
    'hdfs-site.xml': xml({
      'dfs.replication': dataNodes,
      'dfs.blocksize': 16 * 2 ** 20,
      'dfs.namenode.fs-limits.min-block-size': 4096,
      // A killed DataNode counts as dead after 2 x recheck + 10 x heartbeat = 14 s, not after 10 min 30 s.
      'dfs.heartbeat.interval': 1,
      'dfs.namenode.heartbeat.recheck-interval': 2000,
      'dfs.namenode.stale.datanode.interval': 5000,
      'dfs.namenode.redundancy.interval.seconds': '1s',
      // With so few DataNodes a write goes on with the ones that are left, and a frozen one is noticed soon.
      'dfs.client.block.write.replace-datanode-on-failure.policy': 'NEVER',
      'dfs.client.socket-timeout': 10_000,
      'dfs.datanode.socket.write.timeout': 10_000,
      ...(plan.kind === 'namenode'
        ? nameNodeProperties(plan, dataDirectory, bind)
        : dataNodeProperties(plan, dataDirectory, bind)),
    }),
  }
}

const nameNodeProperties = (plan: ServerPlan, dataDirectory: string, bind: string) => ({
  'dfs.namenode.name.dir': fileUri(`${dataDirectory}/name`),
  'dfs.namenode.rpc-address': `${HOST}:${plan.ports.rpc}`,
  'dfs.namenode.http-address': `${HOST}:${plan.ports.http}`,
  'dfs.namenode.http-bind-host': bind,
  'dfs.namenode.handler.count': 8,
  'dfs.namenode.safemode.extension': 0,
  // Every block: with few of them the default of 0.999 rounds down so far that one is missing.
  'dfs.namenode.safemode.threshold-pct': '1.0f',
  'dfs.namenode.safemode.min.datanodes': 1,
  'dfs.namenode.datanode.registration.ip-hostname-check': false,
})

const dataNodeProperties = (plan: ServerPlan, dataDirectory: string, bind: string) => ({
  'dfs.datanode.data.dir': fileUri(`${dataDirectory}/blocks`),
  // WebHDFS sends clients to this name.
  'dfs.datanode.hostname': HOST,
  'dfs.datanode.http.address': `${bind}:${plan.ports.http}`,
  'dfs.datanode.address': `${HOST}:${plan.ports.transfer}`,
  'dfs.datanode.ipc.address': `${HOST}:${plan.ports.ipc}`,
  'dfs.datanode.handler.count': 4,
  'dfs.block.scanner.volume.bytes.per.second': 0,
})

const fileUri = (folder: string): string => pathToFileURL(folder).href

const logging = (...appender: string[]): string =>
  [
    'log4j.rootLogger=INFO,out',
    ...appender,
    'log4j.appender.out.layout=org.apache.log4j.PatternLayout',
    'log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p [%t] %c{1}: %m%n',
    '',
  ].join('\n')

/** Hadoop's logging: everything of INFO and above into one file. */
export const hadoopLogging = (logFile: string): string =>
  logging('log4j.appender.out=org.apache.log4j.FileAppender', `log4j.appender.out.File=${logFile}`)

export const hadoopConsoleLogging = logging('log4j.appender.out=org.apache.log4j.ConsoleAppender')

import { HOST, type ServerPlan } from './server-plan.ts'

/** cassandra.yaml of a single node; clients come in on `bind`. */
export const cassandraYaml = (plan: ServerPlan, dataDirectory: string, bind = HOST): string => `cluster_name: millrace
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: ${JSON.stringify(`${HOST}:${plan.ports.storage}`)}
listen_address: ${HOST}
storage_port: ${plan.ports.storage}
rpc_address: ${bind}
broadcast_rpc_address: ${HOST}
native_transport_port: ${plan.ports.cql}
data_file_directories: [${JSON.stringify(`${dataDirectory}/data`)}]
commitlog_directory: ${JSON.stringify(`${dataDirectory}/commitlog`)}
hints_directory: ${JSON.stringify(`${dataDirectory}/hints`)}
saved_caches_directory: ${JSON.stringify(`${dataDirectory}/saved_caches`)}
cdc_raw_directory: ${JSON.stringify(`${dataDirectory}/cdc_raw`)}
# A lone node that syncs from time to time forgets what it acknowledged last when it is killed.
commitlog_sync: batch
commitlog_segment_size: 16MiB
commitlog_total_space: 256MiB
memtable_heap_space: 160MiB
memtable_offheap_space: 160MiB
file_cache_size: 64MiB
networking_cache_size: 32MiB
key_cache_size: 16MiB
concurrent_reads: 8
concurrent_writes: 16
# A busy machine is slow, which is no reason to refuse.
write_request_timeout: 8s
batch_size_warn_threshold: 64KiB
batch_size_fail_threshold: 640KiB
auto_snapshot: false
${plan.asksForLogin ? 'authenticator: PasswordAuthenticator\nauthorizer: CassandraAuthorizer\n' : ''}`

/** Cassandra's logging: everything of INFO and above into one file. */
export const cassandraLogging = (logFile: string): string => `<configuration>
  <appender name="file" class="ch.qos.logback.core.FileAppender">
    <file>${logFile}</file>
    <encoder><pattern>%date{ISO8601} %level [%thread] %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="file"/></root>
</configuration>
`

/** What Cassandra 5.0 needs of Java 17 when its daemon is started without its own scripts. */
export const CASSANDRA_JVM_ARGUMENTS: readonly string[] = [
  ...['jdk.internal.misc', 'jdk.internal.ref', 'java.lang.ref'].map(
    name => `--add-exports=java.base/${name}=ALL-UNNAMED`,
  ),
  '--add-exports=java.management.rmi/com.sun.jmx.remote.internal.rmi=ALL-UNNAMED',
  '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports=java.rmi/sun.rmi.server=ALL-UNNAMED',
  '--add-exports=java.sql/java.sql=ALL-UNNAMED',
  ...[
    'java.io',
    'java.lang',
    'java.lang.module',
    'java.lang.reflect',
    'java.util',
    'jdk.internal.loader',
    'jdk.internal.math',
    'jdk.internal.module',
    'jdk.internal.ref',
    'jdk.internal.reflect',
    'jdk.internal.util.jar',
    'sun.nio.ch',
  ].map(name => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  '--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED',
  '-Djdk.attach.allowAttachSelf=true',
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.ring_delay_ms=100',
  '-Dcassandra.superuser_setup_delay_ms=0',
  '-Xss512k',
  '-XX:+PerfDisableSharedMem',
]

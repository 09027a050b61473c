{{/* Settings of every node; its address and its seeds are put in when it starts. Call with $. */}}
{{- define "cassandra.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list . "cassandra") | nindent 2 }}
data:
  cassandra.yaml: |
    cluster_name: {{ printf "%s/%s" .Release.Namespace .Release.Name }}
    num_tokens: 16
    allocate_tokens_for_local_replication_factor: {{ min 3 .Values.cassandra.replicas }}
    partitioner: org.apache.cassandra.dht.Murmur3Partitioner
    endpoint_snitch: SimpleSnitch
    seed_provider:
      - class_name: org.apache.cassandra.locator.SimpleSeedProvider
        parameters:
          - seeds: "@SEEDS@"
    listen_address: "@POD_IP@"
    rpc_address: 0.0.0.0
    broadcast_rpc_address: "@POD_IP@"
    storage_port: 7000
    native_transport_port: 9042
    data_file_directories: [/var/lib/cassandra/data]
    commitlog_directory: /var/lib/cassandra/commitlog
    hints_directory: /var/lib/cassandra/hints
    saved_caches_directory: /var/lib/cassandra/saved_caches
    cdc_raw_directory: /var/lib/cassandra/cdc_raw
    # Acknowledged means on disk: with periodic syncs a lone node that is killed forgets its last seconds.
    commitlog_sync: batch
    commitlog_segment_size: 16MiB
    commitlog_total_space: 512MiB
    # A node that cannot write ends, and is started again, instead of staying without its clients' port.
    disk_failure_policy: die
    commit_failure_policy: die
    memtable_heap_space: 160MiB
    memtable_offheap_space: 160MiB
    file_cache_size: 64MiB
    networking_cache_size: 32MiB
    key_cache_size: 16MiB
    batch_size_warn_threshold: 64KiB
    batch_size_fail_threshold: 640KiB
    auto_snapshot: false
  logback.xml: |
    <configuration>
      <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
        <encoder><pattern>%date{ISO8601} %level [%thread] %logger{0}: %msg%n</pattern></encoder>
      </appender>
      <root level="INFO"><appender-ref ref="out"/></root>
    </configuration>
{{- end }}

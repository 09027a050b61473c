{{/* Settings that all brokers share; what is a broker's own is added when it starts. Call with $. */}}
{{- define "kafka.configmap" -}}
{{- $root := . -}}
{{- $replicas := int .Values.kafka.replicas -}}
{{- $copies := min 3 $replicas -}}
{{- $inSync := max 1 (sub $copies 1) -}}
{{- $voters := list -}}
{{- range $index := until $replicas -}}
{{- $voters = append $voters (printf "%d@%s-%d.%s:9093" $index (include "millrace.name" (list $root "kafka")) $index (include "kafka.peerDomain" $root)) -}}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list . "kafka") | nindent 2 }}
data:
  server.properties: |
    process.roles=broker,controller
    controller.quorum.voters={{ join "," $voters }}
    controller.listener.names=CONTROLLER
    inter.broker.listener.name=CLIENT
    listeners=CLIENT://:9092,CONTROLLER://:9093
    listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
    # A folder of its own: a volume may have a lost+found, which Kafka takes for a partition.
    log.dirs=/var/lib/kafka/data/log
    auto.create.topics.enable=false
    default.replication.factor={{ $copies }}
    min.insync.replicas={{ $inSync }}
    {{- range list "offsets.topic" "transaction.state.log" "share.coordinator.state.topic" }}
    {{ . }}.replication.factor={{ $copies }}
    {{- end }}
    transaction.state.log.min.isr={{ $inSync }}
    share.coordinator.state.topic.min.isr={{ $inSync }}
    offsets.topic.num.partitions=12
    group.initial.rebalance.delay.ms=1000
    # Taken from the heap at once; the default of 128 MiB is a quarter of the default heap.
    log.cleaner.dedupe.buffer.size=33554432
  log4j2.properties: |
    status=warn
    appender.out.type=Console
    appender.out.name=out
    appender.out.layout.type=PatternLayout
    appender.out.layout.pattern=%d{ISO8601} %p [%t] %c{1}: %m%n
    rootLogger.level=warn
    rootLogger.appenderRef.out.ref=out
    logger.server.name=kafka.server.KafkaRaftServer
    logger.server.level=info
{{- end }}

{{/* Domain of the brokers' own names, whatever the cluster's domain is. Call with $. */}}
{{- define "kafka.peerDomain" -}}
{{ include "millrace.name" (list . "kafka-peers") }}.{{ .Release.Namespace }}.svc
{{- end }}

{{/* The id of the cluster, 16 bytes as base64url: a release finds its volumes again after it was uninstalled. Call with $. */}}
{{- define "kafka.clusterId" -}}
{{- printf "%s/%s" .Release.Namespace .Release.Name | sha256sum | trunc 21 -}}A
{{- end }}

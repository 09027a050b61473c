{{/* Settings of NameNode and DataNodes. Call with $. */}}
{{- define "hadoop.configmap" -}}
{{- $namenode := include "millrace.name" (list . "namenode") -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list . "hadoop") | nindent 2 }}
data:
  core-site.xml: |
    {{- include "hadoop.xml" (list
          (list "fs.defaultFS" (printf "hdfs://%s:8020" $namenode))
          (list "hadoop.tmp.dir" "/tmp/hadoop")
          (list "ipc.client.connection.maxidletime" "1000" "A DataNode notices only at its next call that a NameNode went away; idle connections are given up before it can be back.")
        ) | nindent 4 }}
  hdfs-site.xml: |
    {{- include "hadoop.xml" (list
          (list "dfs.replication" (min 3 .Values.hadoop.datanode.replicas))
          (list "dfs.namenode.name.dir" "file:///data/name")
          (list "dfs.namenode.rpc-address" (printf "%s:8020" $namenode))
          (list "dfs.namenode.rpc-bind-host" "0.0.0.0")
          (list "dfs.namenode.http-address" (printf "%s:9870" $namenode))
          (list "dfs.namenode.http-bind-host" "0.0.0.0")
          (list "dfs.namenode.datanode.registration.ip-hostname-check" "false" "Addresses of pods have no names.")
          (list "dfs.namenode.safemode.threshold-pct" "1.0f" "Every block: of few, the default lets one be missing.")
          (list "dfs.namenode.safemode.min.datanodes" "1")
          (list "dfs.namenode.safemode.extension" "0")
          (list "dfs.namenode.heartbeat.recheck-interval" "30000" "A DataNode that is gone counts as dead after 90 seconds, not after ten minutes.")
          (list "dfs.datanode.data.dir" "file:///data/blocks")
          (list "dfs.datanode.hostname" (printf "${env.POD_NAME}.%s.%s.svc" (include "millrace.name" (list . "datanode")) .Release.Namespace) "WebHDFS sends clients to this name.")
          (list "dfs.datanode.use.datanode.hostname" "true")
          (list "dfs.client.use.datanode.hostname" "true")
          (list "dfs.datanode.http.address" "0.0.0.0:9864")
          (list "dfs.datanode.address" "0.0.0.0:9866")
          (list "dfs.datanode.ipc.address" "0.0.0.0:9867")
          (list "dfs.client.block.write.replace-datanode-on-failure.best-effort" "true" "With few DataNodes a write goes on with the ones that are left.")
        ) | nindent 4 }}
  log4j.properties: |
    log4j.rootLogger=WARN,out
    log4j.logger.org.apache.hadoop.hdfs.server.namenode.FSNamesystem=INFO
    log4j.logger.org.apache.hadoop.hdfs.StateChange=INFO
    log4j.appender.out=org.apache.log4j.ConsoleAppender
    log4j.appender.out.layout=org.apache.log4j.PatternLayout
    log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p [%t] %c{1}: %m%n
{{- end }}

{{/* Hadoop's XML from a list of (list name value why?). */}}
{{- define "hadoop.xml" -}}
<?xml version="1.0"?>
<configuration>
  {{- range . }}
  {{- if gt (len .) 2 }}
  <!-- {{ index . 2 }} -->
  {{- end }}
  <property><name>{{ index . 0 }}</name><value>{{ index . 1 }}</value></property>
  {{- end }}
</configuration>
{{- end }}

{{/* HDFS's superuser. The lake belongs to another one, which owns nothing else. */}}
{{- define "hadoop.superuser" -}}hdfs{{- end }}

{{/* A shell function that starts one of Hadoop's classes; the image knows where its Java is. Call with the heap. */}}
{{- define "hadoop.java" -}}
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
hadoop=/opt/hadoop/share/hadoop
options="-Xmx{{ . }} -XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv4Stack=true --add-opens=java.base/java.lang=ALL-UNNAMED -cp /etc/millrace:$hadoop/common/*:$hadoop/common/lib/*:$hadoop/hdfs:$hadoop/hdfs/*:$hadoop/hdfs/lib/*"
set -f # the class path's stars are Java's
{{- end }}

{{/* Call with (list $ env), env as a list beyond what all have. */}}
{{- define "hadoop.container" -}}
{{- $root := index . 0 }}
image: {{ include "millrace.thirdPartyImage" (list $root "hadoop") }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
env:
  - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
  - {name: HADOOP_USER_NAME, value: {{ include "hadoop.superuser" $root }}}
  {{- with index . 1 }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  {{- include "millrace.containerSecurity" $root | nindent 2 }}
{{- end }}

{{/* Mounts of a container with data. */}}
{{- define "hadoop.mounts" -}}
- {name: data, mountPath: /data}
- {name: config, mountPath: /etc/millrace, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Call with $. */}}
{{- define "hadoop.volumes" -}}
- name: tmp
  emptyDir: {}
- name: config
  configMap: {name: {{ include "millrace.name" (list . "hadoop") }}}
{{- end }}

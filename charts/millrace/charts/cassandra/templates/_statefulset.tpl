{{/* The ring. Nodes join one after the other; the first is everybody's seed. Call with $. */}}
{{- define "cassandra.statefulset" -}}
{{- $values := .Values.cassandra -}}
{{- $name := include "millrace.name" (list . "cassandra") -}}
{{- $peers := include "millrace.name" (list . "cassandra-peers") -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" (list . "cassandra") | nindent 2 }}
spec:
  replicas: {{ $values.replicas }}
  serviceName: {{ $peers }}
  selector:
    matchLabels:
      {{- include "millrace.selector" (list . "cassandra") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list . "cassandra") | nindent 8 }}
      annotations:
        checksum/config: {{ (include "cassandra.configmap" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
    spec:
      {{- include "millrace.podDefaults" . | nindent 6 }}
      securityContext:
        {{- include "millrace.podSecurity" 999 | nindent 8 }}
      terminationGracePeriodSeconds: 120
      {{- include "millrace.placement" $values | nindent 6 }}
      {{- include "millrace.spread" (list . "cassandra") | nindent 6 }}
      containers:
        - name: cassandra
          image: {{ include "millrace.thirdPartyImage" (list . "cassandra") }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          command: [sh, -ec]
          args:
            - |
              # The first node alone is a seed: a seed does not fetch what it is to own from the others.
              [ "$POD_INDEX" = 0 ] && seeds=$POD_IP || seeds={{ $name }}-0.{{ $peers }}.{{ .Release.Namespace }}.svc
              sed "s/@POD_IP@/$POD_IP/; s/@SEEDS@/$seeds/" /etc/millrace/cassandra.yaml > /tmp/cassandra.yaml
              exec java -Xms{{ $values.heap }} -Xmx{{ $values.heap }} {{ include "cassandra.jvmArguments" . | fromYamlArray | join " " }} \
                -cp '/etc/millrace:/opt/cassandra/lib/*' org.apache.cassandra.service.CassandraDaemon
          env:
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: POD_INDEX, valueFrom: {fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}}}
          ports:
            - {name: cql, containerPort: 9042}
            - {name: storage, containerPort: 7000}
          # The first start makes the system tables, later ones read the commit log: minutes on a busy machine.
          startupProbe: {tcpSocket: {port: cql}, periodSeconds: 2, failureThreshold: 450}
          livenessProbe: {tcpSocket: {port: storage}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          readinessProbe: {tcpSocket: {port: cql}, periodSeconds: 5, timeoutSeconds: 5}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "millrace.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /var/lib/cassandra}
            - {name: config, mountPath: /etc/millrace, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: config
          configMap: {name: {{ $name }}}
  volumeClaimTemplates:
    {{- include "millrace.volumeClaimTemplate" $values.storage | nindent 4 }}
{{- end }}

{{/* What Cassandra 5 needs of Java 17 when its daemon is started without its own scripts. */}}
{{- define "cassandra.jvmArguments" -}}
{{- range list "java.base/jdk.internal.misc" "java.base/jdk.internal.ref" "java.base/java.lang.ref" "java.management.rmi/com.sun.jmx.remote.internal.rmi" "java.rmi/sun.rmi.registry" "java.rmi/sun.rmi.server" "java.sql/java.sql" "jdk.attach/sun.tools.attach" }}
- --add-exports={{ . }}=ALL-UNNAMED
{{- end }}
{{- range list "java.io" "java.lang" "java.lang.module" "java.lang.reflect" "java.util" "java.nio" "jdk.internal.loader" "jdk.internal.math" "jdk.internal.module" "jdk.internal.ref" "jdk.internal.reflect" "jdk.internal.util.jar" "sun.nio.ch" }}
- --add-opens=java.base/{{ . }}=ALL-UNNAMED
{{- end }}
- --add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED
- -Djdk.attach.allowAttachSelf=true
- -Dio.netty.tryReflectionSetAccessible=true
- -Djava.net.preferIPv4Stack=true
- -XX:+UseG1GC
- -XX:+ExitOnOutOfMemoryError
- -XX:+PerfDisableSharedMem
- -Xss512k
- -Dcassandra.config=file:///tmp/cassandra.yaml
- -Dcassandra.storagedir=/var/lib/cassandra
- -Dcassandra.jmx.local.port=7199
{{- if eq (int .Values.cassandra.replicas) 1 }}
# A lone node has nobody to wait for.
- -Dcassandra.skip_wait_for_gossip_to_settle=0
- -Dcassandra.ring_delay_ms=100
{{- end }}
{{- end }}

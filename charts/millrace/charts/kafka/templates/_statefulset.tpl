{{/* Brokers that are controllers too. Each knows its number from its pod's label. Call with $. */}}
{{- define "kafka.statefulset" -}}
{{- $values := .Values.kafka -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" (list . "kafka") | nindent 2 }}
spec:
  replicas: {{ $values.replicas }}
  serviceName: {{ include "millrace.name" (list . "kafka-peers") }}
  # No broker of three is ready alone.
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "millrace.selector" (list . "kafka") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list . "kafka") | nindent 8 }}
      annotations:
        checksum/config: {{ (include "kafka.configmap" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
    spec:
      {{- include "millrace.podDefaults" . | nindent 6 }}
      securityContext:
        {{- include "millrace.podSecurity" 1000 | nindent 8 }}
      terminationGracePeriodSeconds: 120
      {{- include "millrace.placement" $values | nindent 6 }}
      {{- include "millrace.spread" (list . "kafka") | nindent 6 }}
      initContainers:
        - name: format
          {{- include "kafka.container" . | nindent 10 }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          command: [sh, -ec]
          args:
            - |
              { cat /etc/millrace/server.properties
                echo "node.id=$POD_INDEX"
                echo "advertised.listeners=CLIENT://$POD_NAME.{{ include "kafka.peerDomain" . }}:9092"
              } > /run/millrace/server.properties
              [ -f /var/lib/kafka/data/log/meta.properties ] ||
                java -Xmx128m -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format --ignore-formatted \
                  --cluster-id {{ include "kafka.clusterId" . }} --config /run/millrace/server.properties
      containers:
        - name: kafka
          {{- include "kafka.container" . | nindent 10 }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          command: [java]
          args:
            - -Xms{{ $values.heap }}
            - -Xmx{{ $values.heap }}
            - -XX:+UseG1GC
            - -XX:MaxGCPauseMillis=20
            - -XX:+ExitOnOutOfMemoryError
            - -Djava.awt.headless=true
            - -Dlog4j2.configurationFile=/etc/millrace/log4j2.properties
            - -cp
            - /opt/kafka/libs/*
            - kafka.Kafka
            - /run/millrace/server.properties
          ports:
            - {name: client, containerPort: 9092}
            - {name: controller, containerPort: 9093}
          # Reading the log again after a crash may take minutes.
          startupProbe: {tcpSocket: {port: client}, periodSeconds: 2, failureThreshold: 450}
          livenessProbe: {tcpSocket: {port: client}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          readinessProbe: {tcpSocket: {port: client}, periodSeconds: 5, timeoutSeconds: 5}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: run
          emptyDir: {}
        - name: config
          configMap: {name: {{ include "millrace.name" (list . "kafka") }}}
  volumeClaimTemplates:
    {{- include "millrace.volumeClaimTemplate" $values.storage | nindent 4 }}
{{- end }}

{{- define "kafka.container" -}}
image: {{ include "millrace.thirdPartyImage" (list . "kafka") }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
  - {name: POD_INDEX, valueFrom: {fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}}}
securityContext:
  {{- include "millrace.containerSecurity" . | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /var/lib/kafka/data}
  - {name: config, mountPath: /etc/millrace, readOnly: true}
  - {name: run, mountPath: /run/millrace}
  - {name: tmp, mountPath: /tmp}
{{- end }}

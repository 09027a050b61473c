{{/* DataNodes. Call with $. */}}
{{- define "hadoop.datanode" -}}
{{- $values := .Values.hadoop.datanode -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" (list . "datanode") | nindent 2 }}
spec:
  replicas: {{ $values.replicas }}
  serviceName: {{ include "millrace.name" (list . "datanode") }}
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "millrace.selector" (list . "datanode") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list . "datanode") | nindent 8 }}
      annotations:
        checksum/config: {{ (include "hadoop.configmap" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
    spec:
      {{- include "millrace.podDefaults" . | nindent 6 }}
      securityContext:
        {{- include "millrace.podSecurity" 1001 | nindent 8 }}
      terminationGracePeriodSeconds: 60
      {{- include "millrace.placement" $values | nindent 6 }}
      {{- include "millrace.spread" (list . "datanode") | nindent 6 }}
      containers:
        - name: datanode
          {{- include "hadoop.container" (list . list) | nindent 10 }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          command: [sh, -ec]
          args:
            - |
              {{- include "hadoop.java" $values.heap | nindent 14 }}
              exec $java $options org.apache.hadoop.hdfs.server.datanode.DataNode
          ports:
            - {name: http, containerPort: 9864}
            - {name: transfer, containerPort: 9866}
            - {name: ipc, containerPort: 9867}
          # It opens its ports before it has found the NameNode, so that waiting for one never ends it.
          startupProbe: {tcpSocket: {port: transfer}, periodSeconds: 2, failureThreshold: 450}
          livenessProbe: {tcpSocket: {port: transfer}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          readinessProbe: {tcpSocket: {port: http}, periodSeconds: 5, timeoutSeconds: 5}
          volumeMounts:
            {{- include "hadoop.mounts" . | nindent 12 }}
      volumes:
        {{- include "hadoop.volumes" . | nindent 8 }}
  volumeClaimTemplates:
    {{- include "millrace.volumeClaimTemplate" $values.storage | nindent 4 }}
{{- end }}

{{/* A name for each DataNode. Call with $. */}}
{{- define "hadoop.datanodeService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "datanode") | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "millrace.selector" (list . "datanode") | nindent 4 }}
  ports:
    - {name: http, port: 9864, targetPort: http}
    - {name: transfer, port: 9866, targetPort: transfer}
    - {name: ipc, port: 9867, targetPort: ipc}
{{- end }}

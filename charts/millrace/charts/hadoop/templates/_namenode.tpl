{{/* The NameNode. Call with $. */}}
{{- define "hadoop.namenode" -}}
{{- $values := .Values.hadoop.namenode -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" (list . "namenode") | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "millrace.name" (list . "namenode") }}
  # Ordered, a pod that cannot start would never be replaced, not even by a rollback.
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "millrace.selector" (list . "namenode") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list . "namenode") | nindent 8 }}
      annotations:
        checksum/config: {{ (include "hadoop.configmap" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
    spec:
      {{- include "millrace.podDefaults" . | nindent 6 }}
      securityContext:
        {{- include "millrace.podSecurity" 1001 | nindent 8 }}
      terminationGracePeriodSeconds: 60
      {{- include "millrace.placement" $values | nindent 6 }}
      initContainers:
        - name: format
          {{- include "hadoop.container" (list . list) | nindent 10 }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          command: [sh, -ec]
          args:
            # Only where there is nothing, and in a folder that gets its name when all is in it: a format that is cut off is begun anew.
            - |
              [ -f /data/name/current/VERSION ] && exit 0
              if [ -e /data/name ]; then
                echo "/data/name is there but holds no file system (current/VERSION is missing)." >&2
                echo "It is not formatted, because that would destroy what is left. Restore it, or empty the volume." >&2
                exit 1
              fi
              {{- include "hadoop.java" "128m" | nindent 14 }}
              rm -rf /data/formatting
              $java $options org.apache.hadoop.hdfs.server.namenode.NameNode -D dfs.namenode.name.dir=file:///data/formatting \
                -format -nonInteractive -clusterId {{ .Release.Namespace }}-{{ .Release.Name }}
              mv /data/formatting /data/name
          volumeMounts:
            {{- include "hadoop.mounts" . | nindent 12 }}
      containers:
        - name: namenode
          {{- include "hadoop.container" (list . list) | nindent 10 }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          command: [sh, -ec]
          args:
            - |
              {{- include "hadoop.java" $values.heap | nindent 14 }}
              exec $java $options org.apache.hadoop.hdfs.server.namenode.NameNode
          ports:
            - {name: rpc, containerPort: 8020}
            - {name: http, containerPort: 9870}
          # Reading a large file system may take minutes. Ready is whether it can be read: writes wait for DataNodes, which need the NameNode.
          startupProbe: {tcpSocket: {port: rpc}, periodSeconds: 2, failureThreshold: 450}
          livenessProbe: {tcpSocket: {port: rpc}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          readinessProbe: {httpGet: {path: "/webhdfs/v1/?op=GETFILESTATUS&user.name={{ include "hadoop.superuser" . }}", port: http}, periodSeconds: 5, timeoutSeconds: 5}
          volumeMounts:
            {{- include "hadoop.mounts" . | nindent 12 }}
      volumes:
        {{- include "hadoop.volumes" . | nindent 8 }}
  volumeClaimTemplates:
    {{- include "millrace.volumeClaimTemplate" $values.storage | nindent 4 }}
{{- end }}

{{/* Its address stays when the pod's changes, and works in safe mode, in which DataNodes report. Call with $. */}}
{{- define "hadoop.namenodeService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "namenode") | nindent 2 }}
spec:
  publishNotReadyAddresses: true
  selector:
    {{- include "millrace.selector" (list . "namenode") | nindent 4 }}
  ports:
    - {name: rpc, port: 8020, targetPort: rpc}
    - {name: http, port: 9870, targetPort: http, appProtocol: http}
{{- end }}

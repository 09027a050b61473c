{{/* User "nobody" of the image. */}}
{{- define "monitoring.userId" -}}65534{{- end }}

{{/* One Prometheus with a volume. It starts anew when its configuration or an alert changes. Call with $. */}}
{{- define "monitoring.statefulset" -}}
{{- $values := .Values.monitoring.prometheus -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "millrace.name" (list . "prometheus") }}
  # Ordered, a pod that cannot start would never be replaced, not even by a rollback.
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "millrace.selector" (list . "prometheus") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list . "prometheus") | nindent 8 }}
      annotations:
        checksum/config: {{ (include "monitoring.configmap" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
        checksum/rules: {{ (include "monitoring.rules" . | fromYaml).data | toJson | sha256sum | trunc 16 }}
    spec:
      {{- merge (dict "automountServiceAccountToken" true) (include "millrace.podDefaults" . | fromYaml) | toYaml | nindent 6 }}
      serviceAccountName: {{ include "millrace.name" (list . "prometheus") }}
      securityContext:
        {{- include "millrace.podSecurity" (include "monitoring.userId" .) | nindent 8 }}
      terminationGracePeriodSeconds: 120
      {{- include "millrace.placement" $values | nindent 6 }}
      containers:
        - name: prometheus
          image: {{ include "millrace.thirdPartyImage" (list . "prometheus") }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          command: [/bin/prometheus]
          args:
            - --config.file=/etc/prometheus/prometheus.yml
            - --storage.tsdb.path=/prometheus
            - --storage.tsdb.retention.time={{ $values.retention }}
            - --storage.tsdb.retention.size={{ $values.retentionSize }}
          ports:
            - {name: http, containerPort: 9090}
          # Reading its log again after a crash may take minutes.
          startupProbe: {httpGet: {path: /-/ready, port: http}, periodSeconds: 2, failureThreshold: 450}
          livenessProbe: {httpGet: {path: /-/healthy, port: http}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          readinessProbe: {httpGet: {path: /-/ready, port: http}, periodSeconds: 5, timeoutSeconds: 5}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "millrace.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /prometheus}
            - {name: config, mountPath: /etc/prometheus/prometheus.yml, subPath: prometheus.yml, readOnly: true}
            - {name: rules, mountPath: /etc/prometheus/rules, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: config
          configMap: {name: {{ include "millrace.name" (list . "prometheus") }}}
        - name: rules
          configMap: {name: {{ include "millrace.name" (list . "prometheus-rules") }}}
  volumeClaimTemplates:
    {{- include "millrace.volumeClaimTemplate" $values.storage | nindent 4 }}
{{- end }}

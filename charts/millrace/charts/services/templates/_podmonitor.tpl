{{/* For the Prometheus Operator: all services at once. Call with $. */}}
{{- define "services.podmonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "millrace.metadata" (list . "services") | nindent 2 }}
    {{- with .Values.monitoring.podMonitors.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: millrace
      app.kubernetes.io/instance: {{ .Release.Name }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: {{ include "services.enabled" . }}}
  podMetricsEndpoints:
    - port: admin
      path: /metrics
      relabelings:
        - sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component]
          targetLabel: component
{{- end }}

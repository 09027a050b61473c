{{/* Prometheus finds the pods of this release that have an admin port, whether they are annotated or not. Call with $. */}}
{{- define "monitoring.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
data:
  prometheus.yml: |
    global:
      scrape_interval: {{ .Values.monitoring.prometheus.scrapeInterval }}
      evaluation_interval: {{ .Values.monitoring.prometheus.scrapeInterval }}
    rule_files:
      - /etc/prometheus/rules/*.yaml
    {{- with .Values.monitoring.prometheus.alertmanagers }}
    alerting:
      alertmanagers:
        - static_configs:
            - targets: {{ toJson . }}
    {{- end }}
    scrape_configs:
      - job_name: millrace
        kubernetes_sd_configs:
          - role: pod
            namespaces: {own_namespace: true}
            selectors:
              - role: pod
                label: app.kubernetes.io/name=millrace,app.kubernetes.io/instance={{ .Release.Name }}
        relabel_configs:
          - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: admin, action: keep}
          - {source_labels: [__meta_kubernetes_pod_phase], regex: Succeeded|Failed, action: drop}
          - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
          - {source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_component], target_label: component}
      - job_name: prometheus
        static_configs:
          - targets: [localhost:9090]
{{- end }}

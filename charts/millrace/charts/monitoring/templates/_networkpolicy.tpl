{{/* To the metrics of the services, the API server and the Alertmanagers; from whoever may read metrics. Call with $. */}}
{{- define "monitoring.networkpolicy" -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "prometheus"
      "ingress" (include "monitoring.networkIngress" .)
      "egress" (include "monitoring.networkEgress" .)) }}
{{- end }}

{{- define "monitoring.networkIngress" -}}
{{- with .Values.networkPolicy.metricsFrom }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - {port: 9090, protocol: TCP}
{{- end }}
{{- end }}

{{/* No policy can name the API server: it is no pod, and its address is not known here. */}}
{{- define "monitoring.networkEgress" -}}
{{ include "millrace.dnsEgress" . }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (include "services.enabled" . | fromJsonArray) "ports" (list 9464)) }}
- ports:
    - {port: 443, protocol: TCP}
    - {port: 6443, protocol: TCP}
    {{- range .Values.monitoring.prometheus.alertmanagers }}
    - {port: {{ splitList ":" . | last }}, protocol: TCP}
    {{- end }}
{{- end }}

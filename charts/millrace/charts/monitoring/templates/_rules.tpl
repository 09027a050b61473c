{{/* The alerts, one file each. Call with $. */}}
{{- define "monitoring.rules" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list . "prometheus" "prometheus-rules") | nindent 2 }}
data:
  {{- range $path, $_ := .Files.Glob "files/alerts/*.yaml" }}
  {{ base $path }}: |
    {{- $.Files.Get $path | trim | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The same for the Prometheus Operator. Call with $. */}}
{{- define "monitoring.prometheusrule" -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "millrace.metadata" (list . "alerts") | nindent 2 }}
    {{- with .Values.monitoring.prometheusRules.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  groups:
    {{- range $path, $_ := .Files.Glob "files/alerts/*.yaml" }}
    {{- ($.Files.Get $path | fromYaml).groups | toYaml | nindent 4 }}
    {{- end }}
{{- end }}

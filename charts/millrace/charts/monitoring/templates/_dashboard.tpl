{{/* One dashboard, for Grafana's sidecar. Call with (list $ "files/dashboards/flow.json"). */}}
{{- define "monitoring.dashboard" -}}
{{- $root := index . 0 -}}
{{- $file := base (index . 1) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "millrace.metadata" (list $root "dashboards" (printf "dashboard-%s" (trimSuffix ".json" $file))) | nindent 2 }}
    {{- with $root.Values.monitoring.dashboards.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
data:
  millrace-{{ $file }}: |
    {{- $root.Files.Get (index . 1) | trim | nindent 4 }}
{{- end }}

{{/* The Deployment of a service. Call with (list $ "curator"). */}}
{{- define "services.deployment" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $row := include "services.row" . | fromJson -}}
{{- $values := include "services.values" . | fromJson -}}
{{- $isGateway := eq $service "ingest-gateway" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "millrace.metadata" . | nindent 2 }}
spec:
  replicas: {{ include "services.replicas" . }}
  strategy:
    {{- if $row.single }}
    type: Recreate
    {{- else }}
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
    {{- end }}
  selector:
    matchLabels:
      {{- include "millrace.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" . | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ $service }}
        {{- if $root.Values.monitoring.annotations }}
        prometheus.io/scrape: "true"
        prometheus.io/port: "9464"
        prometheus.io/path: /metrics
        {{- end }}
        {{- if include "services.isGenerator" $service }}
        {{- include "services.generatorKeyChecksum" $root | nindent 8 }}
        {{- end }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "services.podDefaults" . | nindent 6 }}
      {{- include "millrace.spread" . | nindent 6 }}
      containers:
        - {{- $mounts := ternary (list (dict "name" "keys" "mountPath" "/etc/millrace/keys" "readOnly" true)) list $isGateway }}
          {{- include "services.container" (dict "root" $root "service" $service "probes" true "mounts" $mounts) | nindent 10 }}
      volumes:
        {{- include "services.volumes" (dict "root" $root "services" (list $service)) | nindent 8 }}
        {{- if $isGateway }}
        - name: keys
          secret: {secretName: {{ include "services.keysSecret" $root }}}
        {{- end }}
{{- end }}

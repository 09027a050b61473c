{{/* Rules of NetworkPolicies: the arrows of the architecture. Names are answered on port 53, wherever the cluster does that. */}}
{{- define "millrace.dnsEgress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/* Selects pods of components of this release. Call with (list $ (list "kafka" …)). */}}
{{- define "millrace.podPeer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: millrace
      app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: {{ index . 1 | uniq | sortAlpha | toJson }}
{{- end }}

{{/* One rule to or from components; none where there are none, because a selector of nobody is refused. Call with (dict "root" $ "way" "to" "components" (list "kafka") "ports" (list 9092)). */}}
{{- define "millrace.networkRule" -}}
{{- if .components -}}
- {{ .way }}:
    {{- include "millrace.podPeer" (list .root .components) | nindent 4 }}
  ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}

{{/* What a process may reach that talks to these stores, and names. Call with (list $ (list "kafka" …)). */}}
{{- define "millrace.storeEgress" -}}
{{- $root := index . 0 }}
{{- include "millrace.dnsEgress" $root }}
{{- $external := false }}
{{- range $store := index . 1 }}
{{- if not (include "millrace.storeValues" (list $root $store) | fromJson).enabled }}{{ $external = true }}
{{- else if eq $store "kafka" }}
{{ include "millrace.networkRule" (dict "root" $root "way" "to" "components" (list "kafka") "ports" (list 9092)) }}
{{- else if eq $store "hdfs" }}
{{ include "millrace.networkRule" (dict "root" $root "way" "to" "components" (list "namenode") "ports" (list 9870)) }}
{{ include "millrace.networkRule" (dict "root" $root "way" "to" "components" (list "datanode") "ports" (list 9864)) }}
{{- else }}
{{ include "millrace.networkRule" (dict "root" $root "way" "to" "components" (list "cassandra") "ports" (list 9042)) }}
{{- end }}
{{- end }}
{{- if $external }}
{{- with $root.Values.networkPolicy.externalStores }}
- to: {{- toYaml . | nindent 4 }}
{{- else }}
- {}
{{- end }}
{{- end }}
{{- end }}

{{/* A NetworkPolicy for one component. Call with (dict "root" $ "component" "kafka" "ingress" … "egress" …), rules as YAML text. */}}
{{- define "millrace.networkpolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "millrace.metadata" (list .root .component) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "millrace.selector" (list .root .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress | trim }}
  ingress:
    {{- . | nindent 4 }}
  {{- end }}
  egress:
    {{- .egress | trim | nindent 4 }}
{{- end }}

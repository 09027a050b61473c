{{/* Clients reach nodes, nodes each other. Call with $. */}}
{{- define "cassandra.networkpolicy" -}}
{{- $clients := include "services.clientsOf" (list . "cassandra") | fromJsonArray -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "cassandra"
      "ingress" (include "cassandra.networkIngress" (dict "root" . "clients" $clients))
      "egress" (include "cassandra.networkEgress" .)) }}
{{- end }}

{{- define "cassandra.networkIngress" -}}
{{- if .clients }}
{{ include "millrace.networkRule" (dict "root" .root "way" "from" "components" .clients "ports" (list 9042)) }}
{{- end }}
{{ include "millrace.networkRule" (dict "root" .root "way" "from" "components" (list "cassandra") "ports" (list 7000)) }}
{{- end }}

{{- define "cassandra.networkEgress" -}}
{{ include "millrace.dnsEgress" . }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (list "cassandra") "ports" (list 7000)) }}
{{- end }}

{{/* Clients reach brokers, brokers each other. Call with $. */}}
{{- define "kafka.networkpolicy" -}}
{{- $clients := append (include "services.clientsOf" (list . "kafka") | fromJsonArray) "kafka" -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "kafka"
      "ingress" (include "kafka.networkIngress" (dict "root" . "clients" $clients))
      "egress" (include "kafka.networkEgress" .)) }}
{{- end }}

{{- define "kafka.networkIngress" -}}
{{ include "millrace.networkRule" (dict "root" .root "way" "from" "components" .clients "ports" (list 9092)) }}
{{ include "millrace.networkRule" (dict "root" .root "way" "from" "components" (list "kafka") "ports" (list 9093)) }}
{{- end }}

{{- define "kafka.networkEgress" -}}
{{ include "millrace.dnsEgress" . }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (list "kafka") "ports" (list 9092 9093)) }}
{{- end }}

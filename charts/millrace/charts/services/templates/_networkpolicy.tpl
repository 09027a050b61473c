{{/* The NetworkPolicy of a service: the arrows of the architecture and the readers of its metrics. Call with (list $ "curator"). */}}
{{- define "services.networkpolicy" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $row := include "services.row" . | fromJson -}}
{{- $egress := include "services.egressRules" (list $root $row.stores (not (empty (include "services.isGenerator" $service)))) -}}
{{- with (include "services.values" . | fromJson).allowTo -}}
{{- $egress = printf "%s\n- to:\n%s" $egress (toYaml . | indent 4) -}}
{{- end -}}
{{- include "millrace.networkpolicy" (dict
      "root" $root
      "component" $service
      "ingress" (include "services.ingressRules" .)
      "egress" $egress) }}
{{- end }}

{{/* The NetworkPolicy of a Job or test pod, which nobody calls. Call with (list $ "topics"). */}}
{{- define "services.jobNetworkpolicy" -}}
{{- $root := index . 0 -}}
{{- $job := index (include "services.jobs" $root | fromYaml) (index . 1) -}}
{{- include "millrace.networkpolicy" (dict
      "root" $root
      "component" (index . 1)
      "ingress" ""
      "egress" (include "services.egressRules" (list $root $job.stores $job.gateway))) }}
{{- end }}

{{- define "services.ingressRules" -}}
{{- $root := index . 0 -}}
- from:
    {{- include "millrace.podPeer" (list $root (list "prometheus")) | nindent 4 }}
    {{- with $root.Values.networkPolicy.metricsFrom }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {port: 9464, protocol: TCP}
{{- if eq (index . 1) "ingest-gateway" }}
{{- with (index $root.Values.services "ingest-gateway").allowFrom }}
- from:
    {{- $senders := include "services.generators" $root | fromJsonArray }}
    {{- range $name, $job := include "services.jobs" $root | fromYaml }}
    {{- if $job.gateway }}{{ $senders = append $senders $name }}{{ end }}
    {{- end }}
    {{- include "millrace.podPeer" (list $root $senders) | nindent 4 }}
    {{- toYaml . | nindent 4 }}
  ports:
    - {port: 8080, protocol: TCP}
{{- else }}
- ports:
    - {port: 8080, protocol: TCP}
{{- end }}
{{- end }}
{{- end }}

{{/* Call with (list $ stores whether-it-sends-to-the-gateway). */}}
{{- define "services.egressRules" -}}
{{ include "millrace.storeEgress" (list (index . 0) (index . 1)) }}
{{- if index . 2 }}
{{ include "millrace.networkRule" (dict "root" (index . 0) "way" "to" "components" (list "ingest-gateway") "ports" (list 8080)) }}
{{- end }}
{{- end }}

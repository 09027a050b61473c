{{/* Clients reach the NameNode's and the DataNodes' WebHDFS, DataNodes the NameNode and each other. Call with $. */}}
{{- define "hadoop.namenodeNetworkpolicy" -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "namenode"
      "ingress" (include "hadoop.namenodeIngress" .) "egress" (include "millrace.dnsEgress" .)) }}
{{- end }}

{{- define "hadoop.namenodeIngress" -}}
{{- with include "services.clientsOf" (list . "hdfs") | fromJsonArray }}
{{ include "millrace.networkRule" (dict "root" $ "way" "from" "components" . "ports" (list 9870)) }}
{{- end }}
{{ include "millrace.networkRule" (dict "root" . "way" "from" "components" (list "datanode" "lake-folder") "ports" (list 8020)) }}
{{- end }}

{{- define "hadoop.datanodeNetworkpolicy" -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "datanode"
      "ingress" (include "hadoop.datanodeIngress" .) "egress" (include "hadoop.datanodeEgress" .)) }}
{{- end }}

{{- define "hadoop.datanodeIngress" -}}
{{- with include "services.clientsOf" (list . "hdfs") | fromJsonArray }}
{{ include "millrace.networkRule" (dict "root" $ "way" "from" "components" . "ports" (list 9864)) }}
{{- end }}
{{ include "millrace.networkRule" (dict "root" . "way" "from" "components" (list "datanode") "ports" (list 9866 9867)) }}
{{- end }}

{{- define "hadoop.datanodeEgress" -}}
{{ include "millrace.dnsEgress" . }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (list "namenode") "ports" (list 8020)) }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (list "datanode") "ports" (list 9866 9867)) }}
{{- end }}

{{- define "hadoop.lakeJobNetworkpolicy" -}}
{{- include "millrace.networkpolicy" (dict "root" . "component" "lake-folder" "ingress" ""
      "egress" (include "hadoop.lakeJobEgress" .)) }}
{{- end }}

{{- define "hadoop.lakeJobEgress" -}}
{{ include "millrace.dnsEgress" . }}
{{ include "millrace.networkRule" (dict "root" . "way" "to" "components" (list "namenode") "ports" (list 8020)) }}
{{- end }}

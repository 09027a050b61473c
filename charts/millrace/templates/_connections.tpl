{{/* Where the stores are, as seen by the services: in this release or the user's own. `millrace.<store>.env` is the
     environment of a process that talks to that store, as a map of name to {value} or {valueFrom}. Call with $. */}}

{{- define "millrace.kafka.env" -}}
{{- $external := .Values.kafka.external -}}
{{- if .Values.kafka.enabled -}}
MILLRACE_KAFKA_BROKERS: {value: "{{ include "millrace.name" (list . "kafka") }}:9092"}
{{- else -}}
MILLRACE_KAFKA_BROKERS: {value: {{ $external.brokers | quote }}}
{{- if $external.tls.enabled }}
MILLRACE_KAFKA_TLS: {value: "true"}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "KAFKA" "store" "kafka" "tls" $external.tls) }}
{{- with $external.saslMechanism }}
MILLRACE_KAFKA_SASL_MECHANISM: {value: {{ . }}}
{{- include "millrace.secretEnv" (list "MILLRACE_KAFKA_SASL_USERNAME" $external.existingSecret "username") }}
{{- include "millrace.secretEnv" (list "MILLRACE_KAFKA_SASL_PASSWORD" $external.existingSecret "password") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "millrace.hdfs.env" -}}
{{- $external := .Values.hadoop.external -}}
MILLRACE_WEBHDFS_USER: {value: {{ .Values.lake.user | quote }}}
MILLRACE_LAKE_ROOT: {value: {{ .Values.lake.root | quote }}}
{{- if .Values.hadoop.enabled }}
MILLRACE_WEBHDFS_URLS: {value: "http://{{ include "millrace.name" (list . "namenode") }}:9870"}
{{- else }}
MILLRACE_WEBHDFS_URLS: {value: {{ $external.webhdfsUrls | quote }}}
{{- if $external.delegationToken }}
{{- include "millrace.secretEnv" (list "MILLRACE_WEBHDFS_DELEGATION_TOKEN" $external.existingSecret "delegation-token") }}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "WEBHDFS" "store" "hdfs" "tls" $external.tls) }}
{{- end }}
{{- end }}

{{- define "millrace.cassandra.env" -}}
{{- $external := .Values.cassandra.external -}}
MILLRACE_CASSANDRA_KEYSPACE: {value: {{ .Values.mart.keyspace | quote }}}
{{- with .Values.mart.retention }}
{{- $tables := list }}
{{- range $table, $time := . }}{{- $tables = append $tables (printf "%s=%s" $table $time) }}{{- end }}
MILLRACE_MART_RETENTION: {value: {{ join "," $tables | quote }}}
{{- end }}
{{- /* A node that starts for the first time on a busy machine takes minutes; that is no reason to restart its clients. */}}
MILLRACE_CASSANDRA_START_TIMEOUT: {value: 15m}
{{- if .Values.cassandra.enabled }}
MILLRACE_CASSANDRA_CONTACT_POINTS: {value: {{ include "millrace.name" (list . "cassandra") }}}
{{- else }}
MILLRACE_CASSANDRA_CONTACT_POINTS: {value: {{ $external.contactPoints | quote }}}
MILLRACE_CASSANDRA_PORT: {value: {{ $external.port | quote }}}
MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: {value: {{ $external.localDataCenter | quote }}}
{{- if $external.login }}
{{- include "millrace.secretEnv" (list "MILLRACE_CASSANDRA_USERNAME" $external.existingSecret "username") }}
{{- include "millrace.secretEnv" (list "MILLRACE_CASSANDRA_PASSWORD" $external.existingSecret "password") }}
{{- end }}
{{- if $external.tls.enabled }}
MILLRACE_CASSANDRA_TLS: {value: "true"}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "CASSANDRA" "store" "cassandra" "tls" $external.tls) }}
{{- end }}
{{- end }}

{{- define "millrace.secretEnv" }}
{{ index . 0 }}: {valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}}
{{- end }}

{{/* Paths of the certificates that the Secret of a store holds. */}}
{{- define "millrace.tlsFiles" }}
{{- if .tls.ca }}
MILLRACE_{{ .prefix }}_CA_FILE: {value: /etc/millrace/{{ .store }}/ca.crt}
{{- end }}
{{- if .tls.clientCertificate }}
MILLRACE_{{ .prefix }}_CERT_FILE: {value: /etc/millrace/{{ .store }}/tls.crt}
MILLRACE_{{ .prefix }}_KEY_FILE: {value: /etc/millrace/{{ .store }}/tls.key}
{{- end }}
{{- end }}

{{/* Values of a store by the name that services use for it. Call with (list $ "hdfs"). */}}
{{- define "millrace.storeValues" -}}
{{- index (index . 0).Values (ternary "hadoop" (index . 1) (eq (index . 1) "hdfs")) | toJson -}}
{{- end }}

{{/* Volumes with the certificates of external stores. Call with (list $ (list "kafka" …)). */}}
{{- define "millrace.certificateVolumes" -}}
{{- range $store := index . 1 }}
{{- $values := include "millrace.storeValues" (list (index $ 0) $store) | fromJson }}
{{- $tls := $values.external.tls }}
{{- if and (not $values.enabled) (or $tls.ca $tls.clientCertificate) }}
- name: {{ $store }}-certificates
  secret:
    secretName: {{ $values.external.existingSecret }}
    items:
      {{- range concat (ternary (list "ca.crt") list $tls.ca) (ternary (list "tls.crt" "tls.key") list $tls.clientCertificate) }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where these volumes are mounted. Call with (list $ (list "kafka" …)). */}}
{{- define "millrace.certificateMounts" -}}
{{- range include "millrace.certificateVolumes" . | fromYamlArray }}
- {name: {{ .name }}, mountPath: /etc/millrace/{{ trimSuffix "-certificates" .name }}, readOnly: true}
{{- end }}
{{- end }}

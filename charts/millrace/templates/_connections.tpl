{{/* Where the stores are, as seen by the services: one of this release or the user's own. Each defines the environment
     of a service that talks to that store, and the volume with its certificates. Call with $. */}}

{{- define "millrace.kafka.brokers" -}}
{{- if .Values.kafka.enabled -}}
{{ include "millrace.name" (list . "kafka") }}:9092
{{- else -}}
{{ .Values.kafka.external.brokers }}
{{- end -}}
{{- end }}

{{- define "millrace.kafka.env" -}}
- {name: MILLRACE_KAFKA_BROKERS, value: {{ include "millrace.kafka.brokers" . | quote }}}
{{- if not .Values.kafka.enabled }}
{{- $external := .Values.kafka.external }}
{{- if $external.tls.enabled }}
- {name: MILLRACE_KAFKA_TLS, value: "true"}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "KAFKA" "store" "kafka" "tls" $external.tls) }}
{{- with $external.saslMechanism }}
- {name: MILLRACE_KAFKA_SASL_MECHANISM, value: {{ . | quote }}}
- {name: MILLRACE_KAFKA_SASL_USERNAME, valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: username}}}
- {name: MILLRACE_KAFKA_SASL_PASSWORD, valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: password}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "millrace.hdfs.env" -}}
{{- $external := .Values.hadoop.external -}}
- {name: MILLRACE_WEBHDFS_USER, value: {{ .Values.lake.user | quote }}}
- {name: MILLRACE_LAKE_ROOT, value: {{ .Values.lake.root | quote }}}
{{- if .Values.hadoop.enabled }}
- {name: MILLRACE_WEBHDFS_URLS, value: "http://{{ include "millrace.name" (list . "namenode") }}:9870"}
{{- else }}
- {name: MILLRACE_WEBHDFS_URLS, value: {{ $external.webhdfsUrls | quote }}}
{{- if $external.delegationToken }}
- {name: MILLRACE_WEBHDFS_DELEGATION_TOKEN, valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: delegation-token}}}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "WEBHDFS" "store" "hdfs" "tls" $external.tls) }}
{{- end }}
{{- end }}

{{- define "millrace.cassandra.env" -}}
{{- $external := .Values.cassandra.external -}}
- {name: MILLRACE_CASSANDRA_KEYSPACE, value: {{ .Values.mart.keyspace | quote }}}
{{- if .Values.cassandra.enabled }}
- {name: MILLRACE_CASSANDRA_CONTACT_POINTS, value: {{ include "millrace.name" (list . "cassandra") | quote }}}
{{- else }}
- {name: MILLRACE_CASSANDRA_CONTACT_POINTS, value: {{ $external.contactPoints | quote }}}
- {name: MILLRACE_CASSANDRA_PORT, value: {{ $external.port | quote }}}
- {name: MILLRACE_CASSANDRA_LOCAL_DATA_CENTER, value: {{ $external.localDataCenter | quote }}}
{{- if $external.login }}
- {name: MILLRACE_CASSANDRA_USERNAME, valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: username}}}
- {name: MILLRACE_CASSANDRA_PASSWORD, valueFrom: {secretKeyRef: {name: {{ $external.existingSecret }}, key: password}}}
{{- end }}
{{- if $external.tls.enabled }}
- {name: MILLRACE_CASSANDRA_TLS, value: "true"}
{{- end }}
{{- include "millrace.tlsFiles" (dict "prefix" "CASSANDRA" "store" "cassandra" "tls" $external.tls) }}
{{- end }}
{{- end }}

{{/* Paths of the certificates that the Secret of a store holds. */}}
{{- define "millrace.tlsFiles" }}
{{- if .tls.ca }}
- {name: MILLRACE_{{ .prefix }}_CA_FILE, value: /etc/millrace/{{ .store }}/ca.crt}
{{- end }}
{{- if .tls.clientCertificate }}
- {name: MILLRACE_{{ .prefix }}_CERT_FILE, value: /etc/millrace/{{ .store }}/tls.crt}
- {name: MILLRACE_{{ .prefix }}_KEY_FILE, value: /etc/millrace/{{ .store }}/tls.key}
{{- end }}
{{- end }}

{{/* The external stores among `stores` whose Secret has certificates, as a JSON list of {store, secret}. Call with (list $ (list "kafka" …)). */}}
{{- define "millrace.certificates" -}}
{{- $root := index . 0 -}}
{{- $found := list -}}
{{- range index . 1 -}}
{{- $values := index $root.Values (ternary "hadoop" . (eq . "hdfs")) -}}
{{- if and (not $values.enabled) (or $values.external.tls.ca $values.external.tls.clientCertificate) -}}
{{- $found = append $found (dict "store" . "secret" $values.external.existingSecret) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

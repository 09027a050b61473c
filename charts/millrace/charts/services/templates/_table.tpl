{{/* What the services need: stores they talk to, volumes they write, ports they serve besides the admin port.
     The one place to touch when a service is added. */}}
{{- define "services.table" -}}
ingest-gateway:
  stores: [kafka]
  ports: {http: 8080}
curator:
  stores: [kafka]
anomaly-scorer:
  stores: [kafka]
lake-archiver:
  stores: [kafka, hdfs]
  folders: {spool: {env: MILLRACE_SPOOL_DIRECTORY, sizeFrom: spoolSize}}
mart-writer:
  stores: [kafka, cassandra]
reconciler:
  stores: [kafka, hdfs, cassandra]
  folders: {work: {env: MILLRACE_WORK_DIRECTORY, sizeFrom: workSize}}
  singleton: true
lol-generator:
  stores: []
{{- end }}

{{/* Names of the services that run, as a JSON list. Call with $. */}}
{{- define "services.enabled" -}}
{{- $names := list -}}
{{- range $name, $_ := include "services.table" . | fromYaml -}}
{{- if (index $.Values.services $name).enabled -}}{{- $names = append $names $name -}}{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end }}

{{/* How many pods of a service run. Call with (list $ "curator"). */}}
{{- define "services.replicas" -}}
{{- $values := index (index . 0).Values.services (index . 1) -}}
{{- if $values.paused -}}0{{- else -}}{{- default 1 $values.replicas -}}{{- end -}}
{{- end }}

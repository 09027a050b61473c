{{/* What the chart knows of the domains that are run, as a JSON list of {name, topics, makers, path, sample}. Call with $. */}}
{{- define "services.domains" -}}
{{- $domains := list -}}
{{- range .Files.Get "files/domains.yaml" | fromYamlArray -}}
{{- if or (not $.Values.domains) (has .name $.Values.domains) -}}{{- $domains = append $domains . -}}{{- end -}}
{{- end -}}
{{- toJson $domains -}}
{{- end }}

{{/* Names of the generators of these domains, as a JSON list. Call with $. */}}
{{- define "services.generators" -}}
{{- $names := list -}}
{{- range include "services.domains" . | fromJsonArray -}}{{- $names = append $names (printf "%s-generator" .name) -}}{{- end -}}
{{- toJson $names -}}
{{- end }}

{{/* Topics that these generators write, as a JSON list: what their API key is for. Call with $. */}}
{{- define "services.generatorTopics" -}}
{{- $topics := list -}}
{{- range include "services.domains" . | fromJsonArray -}}{{- $topics = concat $topics .topics -}}{{- end -}}
{{- toJson $topics -}}
{{- end }}

{{/* Services that make topics of other topics of these domains, as a JSON list. Call with $. */}}
{{- define "services.makers" -}}
{{- $makers := list -}}
{{- range include "services.domains" . | fromJsonArray -}}{{- $makers = concat $makers .makers | uniq -}}{{- end -}}
{{- toJson $makers -}}
{{- end }}

{{/* "true" for the name of a generator. Call with the name. */}}
{{- define "services.isGenerator" -}}{{- if hasSuffix "-generator" . -}}true{{- end -}}{{- end }}

{{/* What each process needs: `stores` it talks to, `env` that never changes, `ports` besides the admin port, `folders` it
     writes (environment name, and the value that limits it), `single` where two at a time would be one too many, `once`
     where only Jobs run it, `domains` where it works on several domains, `makes` where it makes topics of other topics, and so
     runs only where a domain has such topics. The one place to touch when a service is added; a
     domain brings its generator by itself. Call with $. */}}
{{- define "services.table" -}}
ingest-gateway:
  stores: [kafka]
  ports: {http: 8080}
  env: {MILLRACE_HTTP_HOST: 0.0.0.0, MILLRACE_KEYS_FILE: /etc/millrace/keys/keys.json}
  domains: true
curator:
  stores: [kafka]
  domains: true
  makes: true
aggregator:
  stores: [kafka]
  domains: true
  makes: true
anomaly-scorer:
  stores: [kafka]
  makes: true
detector-evaluator:
  stores: [kafka]
  makes: true
profiler:
  stores: [kafka]
  domains: true
  makes: true
sms-gateway:
  stores: [kafka]
  makes: true
lake-archiver:
  stores: [kafka, hdfs]
  folders: {spool: {env: MILLRACE_SPOOL_DIRECTORY, limit: spoolSize}}
  domains: true
mart-writer:
  stores: [kafka, cassandra]
  env: {MILLRACE_MART_SCHEMA: wait}
  domains: true
reconciler:
  stores: [kafka, hdfs, cassandra]
  folders: {work: {env: MILLRACE_WORK_DIRECTORY, limit: workSize}}
  domains: true
  single: true
{{- range include "services.generators" . | fromJsonArray }}
{{ . }}:
  stores: []
  env: {MILLRACE_SINK: gateway, MILLRACE_START: now, MILLRACE_DURATION: forever, MILLRACE_SPEED: "1"}
  single: true
{{- end }}
provisioner:
  stores: []
  domains: true
  once: true
{{- end }}

{{/* Its row for one process, as JSON. Call with (list $ "curator"). */}}
{{- define "services.row" -}}
{{- $table := include "services.table" (index . 0) | fromYaml -}}
{{- index $table (index . 1) | toJson -}}
{{- end }}

{{/* Names of the services that run, as a JSON list. Call with $. */}}
{{- define "services.enabled" -}}
{{- $names := list -}}
{{- $makers := include "services.makers" . | fromJsonArray -}}
{{- range $name, $row := include "services.table" . | fromYaml -}}
{{- $isNeeded := or (not $row.makes) (has $name $makers) -}}
{{- if and $isNeeded (not $row.once) (include "services.values" (list $ $name) | fromJson).enabled -}}{{- $names = append $names $name -}}{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end }}

{{/* How many pods of a service run. Call with (list $ "curator"). */}}
{{- define "services.replicas" -}}
{{- $values := include "services.values" . | fromJson -}}
{{- if $values.paused -}}0{{- else if hasKey $values "replicas" -}}{{- $values.replicas -}}{{- else -}}1{{- end -}}
{{- end }}

{{/* Components whose pods talk to a store, as a JSON list: services and Jobs. Call with (list $ "kafka"). */}}
{{- define "services.clientsOf" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $clients := list -}}
{{- range $name := include "services.enabled" $root | fromJsonArray -}}
{{- if has $store (include "services.row" (list $root $name) | fromJson).stores -}}{{- $clients = append $clients $name -}}{{- end -}}
{{- end -}}
{{- range $name, $job := include "services.jobs" $root | fromYaml -}}
{{- if has $store $job.stores -}}{{- $clients = append $clients $name -}}{{- end -}}
{{- end -}}
{{- toJson $clients -}}
{{- end }}

{{/* Jobs and test pods by component, with the stores that they talk to, as YAML. Call with $. */}}
{{- define "services.jobs" -}}
{{- $proof := list "kafka" "hdfs" "cassandra" -}}
{{- if .Values.topics.manage }}
topics: {stores: [kafka]}
{{- end }}
{{- if .Values.mart.manageSchema }}
mart-schema: {stores: [cassandra]}
{{- end }}
{{- if (index .Values.services "ingest-gateway").enabled }}
proof: {stores: {{ toJson $proof }}, gateway: true}
{{- if .Values.services.generator.job.enabled }}
generator-job: {stores: {{ toJson $proof }}, gateway: true}
{{- end }}
{{- end }}
{{- end }}

{{/* A Job whose name ends with the hash of its content: what is unchanged is not run again, what has changed runs as a
     new Job beside the old one, and no hook can hold up an install. It tries until it succeeds, because a Job that has
     failed for good would stay failed under its name. Call with (dict "root" $ "component" "topics" "pod" the pod's spec). */}}
{{- define "services.hashedJob" -}}
{{- $hash := .pod | sha256sum | trunc 8 -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "millrace.metadata" (list .root .component (printf "%s-%s" .component $hash)) | nindent 2 }}
spec:
  backoffLimit: {{ .backoffLimit | default 1000 }}
  template:
    metadata:
      labels:
        {{- include "millrace.selector" (list .root .component) | nindent 8 }}
    spec:
      {{- .pod | nindent 6 }}
{{- end }}

{{/* The Job that makes the topics, or the tables of the mart. Call with (list $ "topics" "topics" (list "kafka")):
     component, what to provide, stores. */}}
{{- define "services.provisionJob" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $env := dict "MILLRACE_PROVISION" (index . 2) -}}
{{- $stores := index . 3 -}}
{{- if has "kafka" $stores -}}
{{- with include "services.replicationFactor" $root -}}{{- $_ := set $env "MILLRACE_KAFKA_REPLICATION_FACTOR" . -}}{{- end -}}
{{- else if $root.Values.cassandra.enabled -}}
{{- $_ := set $env "MILLRACE_CASSANDRA_REPLICATION" (printf "datacenter1:%d" (min 3 $root.Values.cassandra.replicas)) -}}
{{- end -}}
{{- $pod := include "services.provisionPod" (dict "root" $root "name" $component "env" $env "stores" $stores) -}}
{{- include "services.hashedJob" (dict "root" $root "component" $component "pod" $pod) }}
{{- end }}

{{- define "services.provisionPod" -}}
{{ include "services.podDefaults" (list .root "provisioner") }}
restartPolicy: OnFailure
containers:
  - {{- include "services.container" (merge (dict "service" "provisioner") .) | nindent 4 }}
volumes:
  {{- include "services.volumes" (dict "root" .root "services" (list "provisioner") "stores" .stores) | nindent 2 }}
{{- end }}

{{/* Copies of each partition; empty where the Job counts the brokers. Call with $. */}}
{{- define "services.replicationFactor" -}}
{{- if .Values.kafka.replicationFactor -}}{{- .Values.kafka.replicationFactor -}}
{{- else if .Values.kafka.enabled -}}{{- min 3 .Values.kafka.replicas -}}{{- end -}}
{{- end }}

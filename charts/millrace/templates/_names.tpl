{{/* <release>-<component>, at most 50 characters, so that names that controllers append to it still fit into 63.
     Call with (list $ "kafka"). */}}
{{- define "millrace.name" -}}
{{- $release := (index . 0).Release.Name -}}
{{- $component := index . 1 -}}
{{- $full := printf "%s-%s" $release $component -}}
{{- if le (len $full) 50 -}}
{{- $full -}}
{{- else -}}
{{- printf "%s-%s-%s" (trunc (int (sub 43 (len $component))) $release | trimSuffix "-" | trimSuffix ".") (sha256sum $release | trunc 5) $component -}}
{{- end -}}
{{- end }}

{{/* Labels that select the pods of a component; they never change. Call with (list $ "kafka"). */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name, namespace and labels of an object. Call with (list $ "kafka"), or (list $ "kafka" "kafka-peers") where the
     object's name is not its component's. */}}
{{- define "millrace.metadata" -}}
name: {{ include "millrace.name" (list (index . 0) (last .)) }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "millrace.labels" . | nindent 2 }}
{{- end }}

{{/* Image of one of Millrace's own processes. Call with (list $ "curator"). */}}
{{- define "millrace.ownImage" -}}
{{- $image := (index . 0).Values.image -}}
{{- printf "%smillrace/%s:%s" (include "millrace.registry" (index . 0)) (index . 1) ($image.tag | default (index . 0).Chart.AppVersion) -}}
{{- end }}

{{/* Image of others, by its name in images.yaml. Call with (list $ "kafka"). */}}
{{- define "millrace.thirdPartyImage" -}}
{{- printf "%s%s" (include "millrace.registry" (index . 0)) (index ((index . 0).Files.Get "images.yaml" | fromYaml) (index . 1)) -}}
{{- end }}

{{- define "millrace.registry" -}}
{{- with .Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- end }}

{{/* A duration such as 250ms, 5s or 2m in seconds, rounded up. */}}
{{- define "millrace.seconds" -}}
{{- $match := regexFind "^[0-9]+" . | int -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}{{- div (add $match 999) 1000 -}}
{{- else -}}{{- mul $match (index (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) -}}{{- end -}}
{{- end }}

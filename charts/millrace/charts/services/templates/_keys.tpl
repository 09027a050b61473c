{{- define "services.keysSecret" -}}
{{- (index .Values.services "ingest-gateway").keys.existingSecret | default (include "millrace.name" (list . "api-keys")) -}}
{{- end }}

{{- define "services.generatorKeySecret" -}}
{{- .Values.services.generator.keys.existingSecret | default (include "millrace.name" (list . "generator-key")) -}}
{{- end }}

{{/* Whether the chart makes keys, and the generator's own. Call with $. */}}
{{- define "services.makesKeys" -}}
{{- if not (index .Values.services "ingest-gateway").keys.existingSecret -}}true{{- end -}}
{{- end }}

{{/* The generated key and the file with its hash, as JSON {key, file}. What is in the cluster stays: an upgrade changes no
     key, and keys that were added or revoked there are kept. Without a cluster (helm template) each rendering makes a new
     key. One result per rendering, so that Secrets and checksum agree. Call with $. */}}
{{- define "services.madeKeys" -}}
{{- if not (hasKey .Release "millraceKeys") -}}
{{- $namespace := .Release.Namespace -}}
{{- $fileSecret := lookup "v1" "Secret" $namespace (include "millrace.name" (list . "api-keys")) | default dict -}}
{{- $keySecret := lookup "v1" "Secret" $namespace (include "millrace.name" (list . "generator-key")) | default dict -}}
{{- $file := get ($fileSecret.data | default dict) "keys.json" | b64dec | default "{\"keys\":[]}" | fromJson -}}
{{- $key := get ($keySecret.data | default dict) "api-key" | b64dec -}}
{{- if not $key -}}
{{- $key = printf "mr_%s_%s" (randAlphaNum 10 | lower) (randAlphaNum 43) -}}
{{- end -}}
{{- $id := index (splitList "_" $key) 1 -}}
{{- $known := false -}}
{{- range $file.keys -}}{{- if eq .id $id -}}{{- $known = true -}}{{- end -}}{{- end -}}
{{- if not $known -}}
{{- $entry := dict "id" $id "name" "generator" "hash" (printf "sha256:%s" (sha256sum $key))
      "topics" (list "lol.raw" "lol.truth") "quota" dict "corsOrigins" list "createdAt" (now | date "2006-01-02T15:04:05Z07:00") -}}
{{- $_ := set $file "keys" (append $file.keys $entry) -}}
{{- end -}}
{{- $_ := set .Release "millraceKeys" (dict "key" $key "file" ($file | toPrettyJson)) -}}
{{- end -}}
{{- get .Release "millraceKeys" | toJson -}}
{{- end }}

{{/* Secret with the hashed keys; the gateway reads it again when it changes. Call with $. */}}
{{- define "services.keysfile" -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "millrace.metadata" (list . "ingest-gateway" "api-keys") | nindent 2 }}
type: Opaque
data:
  keys.json: {{ (include "services.madeKeys" . | fromJson).file | b64enc }}
{{- end }}

{{/* Secret with the generator's key in plain text. Call with $. */}}
{{- define "services.generatorkey" -}}
apiVersion: v1
kind: Secret
metadata:
  {{- include "millrace.metadata" (list . "generator" "generator-key") | nindent 2 }}
type: Opaque
data:
  api-key: {{ (include "services.madeKeys" . | fromJson).key | b64enc }}
{{- end }}

{{- define "services.generatorKeyChecksum" -}}
{{- if include "services.makesKeys" . -}}
checksum/api-key: {{ (include "services.madeKeys" . | fromJson).key | sha256sum | trunc 16 }}
{{- else -}}
checksum/api-key: {{ include "services.generatorKeySecret" . | sha256sum | trunc 16 }}
{{- end -}}
{{- end }}

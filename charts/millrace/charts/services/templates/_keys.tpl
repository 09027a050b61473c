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

{{/* The generated key and the file with its hash, as JSON {key, file}. An upgrade changes no key and keeps those that were
     added, changed or revoked in the cluster. It adds one thing: the topics that the generators of this version write and
     that the generator's own key lacks. Where that key was revoked, marked so or taken out of the file, it stays revoked:
     the generator is refused until its Secret with the plain key is deleted, after which an upgrade makes a new key. Without
     a cluster (helm template) each rendering makes a new key. One result per rendering, so that Secrets and checksum
     agree. Call with $. */}}
{{- define "services.madeKeys" -}}
{{- if not (hasKey .Release "millraceKeys") -}}
{{- $namespace := .Release.Namespace -}}
{{- $fileSecret := lookup "v1" "Secret" $namespace (include "millrace.name" (list . "api-keys")) | default dict -}}
{{- $keySecret := lookup "v1" "Secret" $namespace (include "millrace.name" (list . "generator-key")) | default dict -}}
{{- $text := get ($fileSecret.data | default dict) "keys.json" | b64dec -}}
{{- $key := get ($keySecret.data | default dict) "api-key" | b64dec -}}
{{- $isNew := or (not $text) (not $key) -}}
{{- if not $key -}}
{{- $key = printf "mr_%s_%s" (randAlphaNum 10 | lower) (randAlphaNum 43) -}}
{{- end -}}
{{- $id := index (splitList "_" $key) 1 -}}
{{- $topics := include "services.generatorTopics" . | fromJsonArray -}}
{{- $file := $text | default "{\"keys\":[]}" | fromJson -}}
{{- /* A file that is not one of keys is left to the alert of the gateway, which keeps its last good one. */ -}}
{{- if kindIs "slice" $file.keys -}}
{{- $isChanged := false -}}
{{- range $entry := $file.keys -}}
{{- if and (eq $entry.id $id) (not $entry.revokedAt) -}}
{{- $was := $entry.topics | default list -}}
{{- $all := concat $was $topics | uniq -}}
{{- if ne (toJson $all) (toJson $was) -}}{{- $_ := set $entry "topics" $all -}}{{- $isChanged = true -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $isNew -}}
{{- $entry := dict "id" $id "name" "generator" "hash" (printf "sha256:%s" (sha256sum $key))
      "topics" $topics "quota" dict "corsOrigins" list "createdAt" (now | date "2006-01-02T15:04:05Z07:00") -}}
{{- $_ := set $file "keys" (append $file.keys $entry) -}}
{{- $isChanged = true -}}
{{- end -}}
{{- if $isChanged -}}{{- $text = $file | toPrettyJson -}}{{- end -}}
{{- end -}}
{{- $_ := set .Release "millraceKeys" (dict "key" $key "file" $text) -}}
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

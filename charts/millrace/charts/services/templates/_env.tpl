{{/* Values of a service, with the defaults of all where it says nothing, as JSON. Call with (list $ "curator"). */}}
{{- define "services.values" -}}
{{- $root := index . 0 -}}
{{- $own := deepCopy (get $root.Values.services (index . 1) | default dict) -}}
{{- if include "services.isGenerator" (index . 1) -}}
{{- /* Not merge: it takes false for a value that is not set. */ -}}
{{- $given := $own -}}
{{- $own = deepCopy (omit $root.Values.services.generator "keys" "job") -}}
{{- range $name, $value := $given -}}
{{- $_ := set $own $name (ternary (merge (deepCopy (ternary $value dict (kindIs "map" $value))) (ternary (get $own $name) dict (kindIs "map" (get $own $name)))) $value (kindIs "map" $value)) -}}
{{- end -}}
{{- end -}}
{{- merge $own $root.Values.serviceDefaults | toJson -}}
{{- end }}

{{/* The environment of a process, sorted by name. Built as a map so that what the user sets replaces what is derived and
     no name is there twice. Call with (dict "root" $ "service" "curator"), and `env` (name to text)
     that comes on top and `stores` in place of the service's own. */}}
{{- define "services.env" -}}
{{- $root := .root -}}
{{- $row := include "services.row" (list $root .service) | fromJson -}}
{{- $values := include "services.values" (list $root .service) | fromJson -}}
{{- $env := dict -}}
{{- range $store := .stores | default $row.stores -}}
{{- $env = merge $env (include (printf "millrace.%s.env" $store) $root | fromYaml) -}}
{{- end -}}
{{- range $name, $folder := $row.folders -}}
{{- $_ := set $env $folder.env (dict "value" (printf "/var/lib/millrace/%s" $name)) -}}
{{- end -}}
{{- if include "services.isGenerator" .service -}}
{{- $env = merge $env (include "services.generatorEnv" $root | fromYaml) -}}
{{- end -}}
{{- if eq .service "ingest-gateway" -}}
{{- $_ := set $env "MILLRACE_REPLICAS" (dict "value" (toString $values.replicas)) -}}
{{- end -}}
{{- with $values.tokenSecret -}}
{{- $env = merge $env (include "millrace.secretEnv" (list "MILLRACE_SMS_TOKEN" . "token") | fromYaml) -}}
{{- end -}}
{{- if and $row.domains $root.Values.domains -}}
{{- $_ := set $env "MILLRACE_DOMAINS" (dict "value" (join "," $root.Values.domains)) -}}
{{- end -}}
{{- $common := dict "MILLRACE_LOG_LEVEL" $values.logLevel -}}
{{- if not $row.once -}}
{{- $common = merge $common (dict
      "MILLRACE_ADMIN_HOST" "0.0.0.0"
      "MILLRACE_DRAIN_DELAY" $values.drainDelay
      "MILLRACE_STOP_DEADLINE" $values.stopDeadline) -}}
{{- end -}}
{{- $texts := merge (.env | default dict) $values.env ($row.env | default dict) $common -}}
{{- range $name, $value := $texts -}}
{{- $_ := set $env $name (dict "value" (include "services.text" $value)) -}}
{{- end -}}
{{- range $name, $source := $env }}
- name: {{ $name }}
  {{- if hasKey $source "value" }}
  value: {{ $source.value | quote }}
  {{- else }}
  {{- toYaml $source | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* A value as text: YAML's numbers come as floats, and 1000000 must not become 1e+06. */}}
{{- define "services.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{- int64 . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end }}

{{- define "services.generatorEnv" -}}
{{- $gateway := index .Values.services "ingest-gateway" -}}
MILLRACE_GATEWAY_URL: {value: "http://{{ include "millrace.name" (list . "ingest-gateway") }}:{{ $gateway.service.port }}"}
{{- include "millrace.secretEnv" (list "MILLRACE_API_KEY" (include "services.generatorKeySecret" .) "api-key") }}
{{- end }}

{{/* User id that Millrace's own images run as. */}}
{{- define "services.userId" -}}10001{{- end }}

{{/* One container that runs a process. Call with (dict "root" $ "service" "curator"), and `name`, `env` (name to text),
     `mounts` (list of volumeMounts), `stores` in place of the service's own and `probes` (a process that stays). */}}
{{- define "services.container" -}}
{{- $root := .root -}}
{{- $row := include "services.row" (list $root .service) | fromJson -}}
{{- $values := include "services.values" (list $root .service) | fromJson -}}
name: {{ .name | default .service }}
image: {{ include "millrace.ownImage" (list $root .service) }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
env:
  {{- include "services.env" . | nindent 2 }}
{{- if .probes }}
ports:
  - {name: admin, containerPort: 9464}
  {{- range $name, $port := $row.ports }}
  - {name: {{ $name }}, containerPort: {{ $port }}}
  {{- end }}
# Live is whether loops turn, ready is whether stores answer: a slow store never gets a pod killed.
startupProbe: {httpGet: {path: /livez, port: admin}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60}
livenessProbe: {httpGet: {path: /livez, port: admin}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
readinessProbe: {httpGet: {path: /readyz, port: admin}, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 2}
{{- end }}
resources: {{- toYaml $values.resources | nindent 2 }}
securityContext:
  {{- include "millrace.containerSecurity" $root | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- include "millrace.certificateMounts" (list $root (.stores | default $row.stores)) | nindent 2 }}
  {{- range $name, $_ := $row.folders }}
  - {name: {{ $name }}, mountPath: /var/lib/millrace/{{ $name }}}
  {{- end }}
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Volumes of the containers of some services. Call with (dict "root" $ "services" (list "curator" …)), and `stores`
     that they do not name themselves. */}}
{{- define "services.volumes" -}}
{{- $root := .root -}}
{{- $stores := .stores | default list -}}
- name: tmp
  emptyDir: {}
{{- range $service := .services }}
{{- $row := include "services.row" (list $root $service) | fromJson }}
{{- $stores = concat $stores $row.stores }}
{{- range $name, $folder := $row.folders }}
- name: {{ $name }}
  emptyDir: {sizeLimit: {{ index $root.Values.services $service $folder.limit }}}
{{- end }}
{{- end }}
{{- include "millrace.certificateVolumes" (list $root ($stores | uniq)) }}
{{- end }}

{{/* What pods of a service share, whether they stay or not. Call with (list $ "curator"). */}}
{{- define "services.podDefaults" -}}
{{- $root := index . 0 -}}
{{- $values := include "services.values" . | fromJson -}}
{{ include "millrace.podDefaults" $root }}
securityContext:
  {{- include "millrace.podSecurity" (include "services.userId" $root) | nindent 2 }}
terminationGracePeriodSeconds: {{ add (include "millrace.seconds" $values.drainDelay) (include "millrace.seconds" $values.stopDeadline) 10 }}
{{ include "millrace.placement" $values }}
{{- end }}

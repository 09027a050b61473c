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

{{/* Image of one of Millrace's own services. Call with (list $ "curator"). */}}
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

{{/* What every pod has, whatever it runs. Call with $. */}}
{{- define "millrace.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Security of a container under the Pod Security Standard "restricted". */}}
{{- define "millrace.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Security of a pod under "restricted". Call with the user id that its image runs as. */}}
{{- define "millrace.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

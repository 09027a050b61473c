{{/* A pod's spec that sends events through the gateway, writes down what was acknowledged, and then proves every one of
     them in Kafka, lake and mart. Call with (dict "root" $ "env" (dict NAME value …) "restart" "Never"). */}}
{{- define "services.proofPod" -}}
{{- $root := .root -}}
{{- $ledger := "/var/lib/millrace/ledger" -}}
{{- $mounts := list (dict "name" "ledger" "mountPath" $ledger) -}}
{{- $send := merge .env (dict "MILLRACE_SINK" "gateway" "MILLRACE_LEDGER" $ledger) -}}
{{ include "services.podDefaults" (list .root "reconciler") }}
restartPolicy: {{ .restart }}
initContainers:
  {{- $generators := include "services.generators" .root | fromJsonArray }}
  {{- range $generators }}
  - {{- include "services.container" (dict "root" $root "service" . "name" (printf "send-%s" (trimSuffix "-generator" .)) "env" (deepCopy $send) "mounts" $mounts) | nindent 4 }}
  {{- end }}
containers:
  - {{- include "services.container" (dict "root" .root "service" "reconciler" "name" "reconcile" "mounts" $mounts
      "env" (dict "MILLRACE_ONCE" "true" "MILLRACE_LEDGER" $ledger)) | nindent 4 }}
volumes:
  {{- include "services.volumes" (dict "root" .root "services" (append $generators "reconciler")) | nindent 2 }}
  - name: ledger
    emptyDir: {sizeLimit: 1Gi}
{{- end }}

{{/* `helm test`. Call with $. */}}
{{- define "services.test" -}}
apiVersion: v1
kind: Pod
metadata:
  {{- include "millrace.metadata" (list . "proof") | nindent 2 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  {{- $env := dict "MILLRACE_START" "now" "MILLRACE_DURATION" "10m" "MILLRACE_SPEED" "max" }}
  {{- include "services.proofPod" (dict "root" . "env" $env "restart" "Never") | nindent 2 }}
{{- end }}

{{/* The generators as a Job over a fixed time. It runs again after a stumble: the ledger goes on, and what is sent twice
     has the same ids. Call with $. */}}
{{- define "services.generatorJob" -}}
{{- $job := .Values.services.generator.job -}}
{{- $env := merge (deepCopy $job.env) (dict "MILLRACE_START" "2024-03-24T11:00:00.000Z" "MILLRACE_DURATION" "60m" "MILLRACE_SPEED" "max") -}}
{{- $pod := include "services.proofPod" (dict "root" . "env" $env "restart" "OnFailure") -}}
{{- include "services.hashedJob" (dict "root" . "component" "generator-job" "pod" $pod "backoffLimit" 4) }}
{{- end }}

{{/* Makes the folder of the lake and gives it to the lake's user, who may make nothing beside it. Call with $. */}}
{{- define "hadoop.lakeJob" -}}
{{- include "services.hashedJob" (dict "root" . "component" "lake-folder" "pod" (include "hadoop.lakePod" .)) }}
{{- end }}

{{- define "hadoop.lakePod" -}}
{{ include "millrace.podDefaults" . }}
restartPolicy: OnFailure
securityContext:
  {{- include "millrace.podSecurity" 1001 | nindent 2 }}
containers:
  - name: lake-folder
    {{- $env := list (dict "name" "LAKE_ROOT" "value" .Values.lake.root) (dict "name" "LAKE_USER" "value" .Values.lake.user) }}
    {{- include "hadoop.container" (list . $env) | nindent 4 }}
    command: [sh, -ec]
    args:
      - |
        {{- include "hadoop.java" "128m" | nindent 8 }}
        fs="$java $options org.apache.hadoop.fs.FsShell"
        deadline=$(($(date +%s) + 600))
        until $fs -mkdir -p "$LAKE_ROOT" && $fs -chown "$LAKE_USER" "$LAKE_ROOT"; do
          [ "$(date +%s)" -lt $deadline ] || { echo "HDFS did not take writes for ten minutes." >&2; exit 1; }
          sleep 5
        done
    resources:
      requests: {cpu: 25m, memory: 128Mi}
      limits: {memory: 384Mi}
    volumeMounts:
      - {name: config, mountPath: /etc/millrace, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  {{- include "hadoop.volumes" . | nindent 2 }}
{{- end }}

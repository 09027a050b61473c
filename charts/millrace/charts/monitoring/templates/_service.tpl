{{/* Where Grafana finds Prometheus. Call with $. */}}
{{- define "monitoring.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
spec:
  selector:
    {{- include "millrace.selector" (list . "prometheus") | nindent 4 }}
  ports:
    - {name: http, port: 9090, targetPort: http, appProtocol: http}
{{- end }}

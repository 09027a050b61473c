{{/* The Service of the gateway, the only service that others call. Call with $. */}}
{{- define "services.service" -}}
{{- $values := index .Values.services "ingest-gateway" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "ingest-gateway") | nindent 2 }}
spec:
  type: {{ $values.service.type }}
  selector:
    {{- include "millrace.selector" (list . "ingest-gateway") | nindent 4 }}
  ports:
    - {name: http, port: {{ $values.service.port }}, targetPort: http, appProtocol: http}
{{- end }}

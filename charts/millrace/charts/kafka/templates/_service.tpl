{{/* Where clients begin. Call with $. */}}
{{- define "kafka.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "kafka") | nindent 2 }}
spec:
  selector:
    {{- include "millrace.selector" (list . "kafka") | nindent 4 }}
  ports:
    - {name: client, port: 9092, targetPort: client, appProtocol: kafka}
{{- end }}

{{/* Where clients begin; its address stays when a node's changes. Call with $. */}}
{{- define "cassandra.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "cassandra") | nindent 2 }}
spec:
  selector:
    {{- include "millrace.selector" (list . "cassandra") | nindent 4 }}
  ports:
    - {name: cql, port: 9042, targetPort: cql, appProtocol: cassandra}
{{- end }}

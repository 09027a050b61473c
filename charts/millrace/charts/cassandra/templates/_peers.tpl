{{/* A name for each node, also before it is ready. Call with $. */}}
{{- define "cassandra.peers" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "cassandra" "cassandra-peers") | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "millrace.selector" (list . "cassandra") | nindent 4 }}
  ports:
    - {name: storage, port: 7000, targetPort: storage}
    - {name: cql, port: 9042, targetPort: cql}
{{- end }}

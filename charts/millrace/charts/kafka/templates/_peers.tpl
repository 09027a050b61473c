{{/* A name for each broker, also before it is ready: brokers need each other to become ready. Call with $. */}}
{{- define "kafka.peers" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" (list . "kafka" "kafka-peers") | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "millrace.selector" (list . "kafka") | nindent 4 }}
  ports:
    - {name: client, port: 9092, targetPort: client}
    - {name: controller, port: 9093, targetPort: controller}
{{- end }}

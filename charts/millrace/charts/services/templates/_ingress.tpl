{{/* The Ingress of the gateway. Call with $. */}}
{{- define "services.ingress" -}}
{{- $values := (index .Values.services "ingest-gateway").ingress -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "millrace.metadata" (list . "ingest-gateway") | nindent 2 }}
  {{- with $values.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $values.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $values.tlsSecret }}
  tls:
    - hosts: [{{ $values.host }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - host: {{ $values.host }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "millrace.name" (list . "ingest-gateway") }}
                port: {name: http}
{{- end }}

{{/* Prometheus is the one pod that asks the API server: for the pods of its namespace, and for nothing else. Call with $. */}}
{{- define "monitoring.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{- define "monitoring.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list, watch]
{{- end }}

{{- define "monitoring.rolebinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "millrace.metadata" (list . "prometheus") | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "millrace.name" (list . "prometheus") }}
subjects:
  - kind: ServiceAccount
    name: {{ include "millrace.name" (list . "prometheus") }}
    namespace: {{ .Release.Namespace }}
{{- end }}

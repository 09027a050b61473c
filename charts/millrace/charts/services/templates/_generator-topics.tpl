{{/* Topics that the generators of this version write, as a YAML list: what their API key is for. */}}
{{- define "services.generatorTopics" -}}
- lol.raw
- lol.truth
{{- end }}

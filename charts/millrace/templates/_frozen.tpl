{{/* What an upgrade cannot change, found before anything is applied: the API server would refuse volumes in words that do not
     say which value it was, and brokers of another number would not find each other. Asked of the running objects, so only
     where a cluster answers. Call with $; a JSON list of problems. */}}
{{- define "millrace.frozenProblems" -}}
{{- $root := . -}}
{{- $p := list -}}
{{- $stores := dict
      "kafka" (dict "values" .Values.kafka "path" "kafka")
      "namenode" (dict "values" .Values.hadoop.namenode "path" "hadoop.namenode" "enabled" .Values.hadoop.enabled)
      "datanode" (dict "values" .Values.hadoop.datanode "path" "hadoop.datanode" "enabled" .Values.hadoop.enabled)
      "cassandra" (dict "values" .Values.cassandra "path" "cassandra")
      "prometheus" (dict "values" .Values.monitoring.prometheus "path" "monitoring.prometheus") -}}
{{- range $component, $store := $stores -}}
{{- $name := include "millrace.name" (list $root $component) -}}
{{- $running := dict -}}
{{- if ternary $store.enabled $store.values.enabled (hasKey $store "enabled") -}}
{{- $running = lookup "apps/v1" "StatefulSet" $root.Release.Namespace $name | default dict -}}
{{- end -}}
{{- if $running -}}
{{- $claim := (first $running.spec.volumeClaimTemplates).spec -}}
{{- $was := dict "size" $claim.resources.requests.storage "className" (get $claim "storageClassName") -}}
{{- range $key, $old := $was -}}
{{- $new := get $store.values.storage $key -}}
{{- $same := eq (toString $new) $old -}}
{{- if eq $key "size" -}}{{- $same = eq (include "millrace.bytes" $new) (include "millrace.bytes" $old) -}}{{- end -}}
{{- if not $same -}}
{{- $p = append $p (printf "%s.storage.%s is \"%v\", but StatefulSet %s was made with %q, and an upgrade cannot change volumes: set it back, or see docs/guides/upgrade.md." $store.path $key $new $name $old) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.kafka.enabled -}}
{{- $settings := lookup "v1" "ConfigMap" .Release.Namespace (include "millrace.name" (list . "kafka")) | default dict -}}
{{- $voters := len (regexFindAll "@" (get ($settings.data | default dict) "server.properties") -1) -}}
{{- if and $voters (ne $voters (int .Values.kafka.replicas)) -}}
{{- $p = append $p (printf "kafka.replicas is %v, but this release runs %d, and brokers cannot become more or fewer: their vote was fixed when they were formatted. Set it back, or see docs/guides/upgrade.md." .Values.kafka.replicas $voters) -}}
{{- end -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{/* A quantity in thousandths of a byte: the API server keeps 1024Mi as 1Gi. */}}
{{- define "millrace.bytes" -}}
{{- $text := include "services.text" . -}}
{{- $powers := dict "m" 1 "" 1e3 "k" 1e6 "M" 1e9 "G" 1e12 "T" 1e15 "Ki" 1024e3 "Mi" 1048576e3 "Gi" 1073741824e3 "Ti" 1099511627776e3 -}}
{{- printf "%.0f" (mulf (regexFind "^[0-9.]+" $text | float64) (get $powers (regexFind "[A-Za-z]*$" $text) | float64)) -}}
{{- end }}

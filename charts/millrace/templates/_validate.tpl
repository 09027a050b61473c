{{/* What the schema cannot say: values that do not fit each other. All problems at once, each with what to do. Call with $. */}}
{{- define "millrace.validate" -}}
{{- $problems := concat
      (include "millrace.kafkaProblems" . | fromJsonArray)
      (include "millrace.hadoopProblems" . | fromJsonArray)
      (include "millrace.cassandraProblems" . | fromJsonArray)
      (include "millrace.serviceProblems" . | fromJsonArray)
      (include "millrace.missingSecrets" . | fromJsonArray)
      (include "millrace.frozenProblems" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values cannot work:\n  - %s\n" (join "\n  - " $problems)) -}}
{{- end -}}
{{- end }}

{{- define "millrace.kafkaProblems" -}}
{{- $p := list -}}
{{- $external := .Values.kafka.external -}}
{{- if .Values.kafka.enabled -}}
{{- if and .Values.kafka.replicationFactor (gt (int .Values.kafka.replicationFactor) (int .Values.kafka.replicas)) -}}
{{- $p = append $p (printf "kafka.replicationFactor is %v, but there are %v brokers: raise kafka.replicas or lower it." .Values.kafka.replicationFactor .Values.kafka.replicas) -}}
{{- end -}}
{{- else -}}
{{- if not $external.brokers -}}
{{- $p = append $p "kafka.enabled is false and kafka.external.brokers is empty: name your brokers, e.g. kafka-1:9092,kafka-2:9092." -}}
{{- end -}}
{{- if and $external.saslMechanism (not $external.existingSecret) -}}
{{- $p = append $p (printf "kafka.external.saslMechanism is %s and kafka.external.existingSecret is empty: name a Secret with `username` and `password`." $external.saslMechanism) -}}
{{- end -}}
{{- $p = concat $p (include "millrace.tlsProblems" (list "kafka" $external true) | fromJsonArray) -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{- define "millrace.hadoopProblems" -}}
{{- $p := list -}}
{{- $external := .Values.hadoop.external -}}
{{- if not .Values.hadoop.enabled -}}
{{- $clients := include "services.clientsOf" (list . "hdfs") | fromJsonArray -}}
{{- if and $clients (not $external.webhdfsUrls) -}}
{{- $p = append $p (printf "hadoop.enabled is false and hadoop.external.webhdfsUrls is empty, but these need HDFS: %s. Name your NameNodes, e.g. http://namenode:9870." (join ", " $clients)) -}}
{{- end -}}
{{- if and $external.delegationToken (not $external.existingSecret) -}}
{{- $p = append $p "hadoop.external.delegationToken is true and hadoop.external.existingSecret is empty: name a Secret with `delegation-token`." -}}
{{- end -}}
{{- $p = concat $p (include "millrace.tlsProblems" (list "hadoop" $external false) | fromJsonArray) -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{- define "millrace.cassandraProblems" -}}
{{- $p := list -}}
{{- $external := .Values.cassandra.external -}}
{{- if not .Values.cassandra.enabled -}}
{{- $clients := include "services.clientsOf" (list . "cassandra") | fromJsonArray -}}
{{- if and $clients (not $external.contactPoints) -}}
{{- $p = append $p (printf "cassandra.enabled is false and cassandra.external.contactPoints is empty, but these need Cassandra: %s. Name your contact points." (join ", " $clients)) -}}
{{- end -}}
{{- if and $external.login (not $external.existingSecret) -}}
{{- $p = append $p "cassandra.external.login is true and cassandra.external.existingSecret is empty: name a Secret with `username` and `password`." -}}
{{- end -}}
{{- $p = concat $p (include "millrace.tlsProblems" (list "cassandra" $external true) | fromJsonArray) -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{/* Call with (list "kafka" its-external-values whether-there-is-a-switch-for-TLS). */}}
{{- define "millrace.tlsProblems" -}}
{{- $p := list -}}
{{- $external := index . 1 -}}
{{- if or $external.tls.ca $external.tls.clientCertificate -}}
{{- if not $external.existingSecret -}}
{{- $p = append $p (printf "%s.external.tls names certificates and %s.external.existingSecret is empty: name the Secret that has them." (index . 0) (index . 0)) -}}
{{- end -}}
{{- if and (index . 2) (not $external.tls.enabled) -}}
{{- $p = append $p (printf "%s.external.tls names certificates and %s.external.tls.enabled is false: set it to true." (index . 0) (index . 0)) -}}
{{- end -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{- define "millrace.serviceProblems" -}}
{{- $p := list -}}
{{- $gateway := index .Values.services "ingest-gateway" -}}
{{- $generator := .Values.services.generator -}}
{{- $sending := false -}}
{{- range include "services.enabled" . | fromJsonArray -}}{{- if include "services.isGenerator" . -}}{{- $sending = true -}}{{- end -}}{{- end -}}
{{- if and (not $gateway.enabled) $sending -}}
{{- $p = append $p "services.generator.enabled is true and services.ingest-gateway.enabled is false: there is nobody to send events to. Disable both." -}}
{{- end -}}
{{- if and (not $gateway.enabled) $generator.job.enabled -}}
{{- $p = append $p "services.generator.job.enabled is true and services.ingest-gateway.enabled is false: there is nobody to send events to." -}}
{{- end -}}
{{- if and $gateway.keys.existingSecret $sending (not $generator.keys.existingSecret) -}}
{{- $p = append $p "services.ingest-gateway.keys.existingSecret is set, so the chart makes no key for the generator: name a Secret whose `api-key` is one of those keys in services.generator.keys.existingSecret, or set services.generator.enabled to false." -}}
{{- end -}}
{{- if and $gateway.ingress.enabled (not $gateway.ingress.host) -}}
{{- $p = append $p "services.ingest-gateway.ingress.enabled is true and its host is empty: name the host of the gateway." -}}
{{- end -}}
{{- range $name := keys .Values.services -}}
{{- if and (include "services.isGenerator" $name) (not (has $name (include "services.generators" $ | fromJsonArray))) -}}
{{- $p = append $p (printf "services.%s is set, but its domain is not among the domains that are run: add it to domains, or remove it." $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{/* Secrets that values name and the namespace has not. Asked only where a cluster answers, which `helm template` has not:
     the ConfigMap is in every namespace, and who may install may read it. A namespace that --create-namespace is about to make
     has neither; then another one tells whether there is a cluster. */}}
{{- define "millrace.missingSecrets" -}}
{{- $root := . -}}
{{- $p := list -}}
{{- $named := include "millrace.namedSecrets" . | fromJson -}}
{{- if and $named (or (lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt") (lookup "v1" "Namespace" "" "default")) -}}
{{- range $path, $name := $named -}}
{{- if not (lookup "v1" "Secret" $root.Release.Namespace $name) -}}
{{- $p = append $p (printf "%s names the Secret %q, which namespace %q does not have: make it first." $path $name $root.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $p -}}
{{- end }}

{{/* Path in the values to name of a Secret that is in use, as JSON. */}}
{{- define "millrace.namedSecrets" -}}
{{- $named := dict -}}
{{- range $store := list "kafka" "hadoop" "cassandra" -}}
{{- $values := index $.Values $store -}}
{{- if not $values.enabled -}}{{- $_ := set $named (printf "%s.external.existingSecret" $store) $values.external.existingSecret -}}{{- end -}}
{{- end -}}
{{- range $service := list "ingest-gateway" "generator" -}}
{{- $values := index $.Values.services $service -}}
{{- if $values.enabled -}}{{- $_ := set $named (printf "services.%s.keys.existingSecret" $service) $values.keys.existingSecret -}}{{- end -}}
{{- end -}}
{{- range $path, $name := $named -}}{{- if not $name -}}{{- $_ := unset $named $path -}}{{- end -}}{{- end -}}
{{- toJson $named -}}
{{- end }}

{{/* What the agents need of the API server follows from the sources of their checks. */}}

{{/* The user's checks, and the default ones whose place they leave: (dict "root" $ "network" "host"). */}}
{{- define "netwatch.allChecks" -}}
{{- $checks := include "netwatch.checks" . | fromYaml }}
{{- if .root.Values.defaults.enabled }}
  {{- $without := include "netwatch.without" . | fromJsonArray }}
  {{- range $name, $check := .root.Files.Get "files/default-checks.yaml" | fromYaml }}
    {{- if not (or (has $name $without) (hasKey $checks $name)) }}{{ $_ := set $checks $name $check }}{{ end }}
  {{- end }}
{{- end }}
{{- toYaml $checks }}
{{- end }}

{{/*
The resources that a source reads, and in which namespaces; none of these is the whole cluster.
A services source that names none reads those of the API server and of cluster DNS.
*/}}
{{- define "netwatch.reads" -}}
{{- $namespace := "" }}
{{- if kindIs "map" .options }}{{ $namespace = get .options "namespace" }}{{ end }}
{{- if eq .source "nodes" }}
{resources: [nodes], namespaces: []}
{{- else if eq .source "endpoints" }}
{resources: [endpointslices], namespaces: [{{ $namespace }}]}
{{- else if eq .source "services" }}
{{- $backends := and (kindIs "map" .options) (get .options "backends") }}
{resources: [services{{ if $backends }}, endpointslices{{ end }}], namespaces: [{{ $namespace | default "default, kube-system" }}]}
{{- else if eq .source "pods" }}
{resources: [pods], namespaces: [{{ $namespace }}]}
{{- end }}
{{- end }}

{{/* All of it: {cluster: {nodes: true}, namespaces: {kube-system: {services: true}}}. */}}
{{- define "netwatch.permissions" -}}
{{- $cluster := dict }}
{{- $namespaces := dict }}
{{- range $network := include "netwatch.networks" . | splitList "," }}
{{- range $check := include "netwatch.allChecks" (dict "root" $ "network" $network) | fromYaml }}
{{- range $source, $options := $check.source }}
  {{- with include "netwatch.reads" (dict "source" $source "options" $options) | fromYaml }}
    {{- $namespaced := .namespaces }}
    {{- range $resource := .resources }}
      {{- if not $namespaced }}{{ $_ := set $cluster $resource true }}{{ end }}
      {{- range $namespaced }}
        {{- $_ := set $namespaces . (set (get $namespaces . | default dict) $resource true) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml (dict "cluster" $cluster "namespaces" $namespaces) }}
{{- end }}

{{/* Rules for reading the resources of a dict, grouped by API. Single objects are listed and watched, too. */}}
{{- define "netwatch.readingRules" -}}
{{- $resources := keys . | sortAlpha }}
{{- with without $resources "endpointslices" }}
- apiGroups: [""]
  resources: {{ toJson . }}
  verbs: [list, watch]
{{- end }}
{{- if has "endpointslices" $resources }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
{{- end }}
{{- end }}

{{- define "netwatch.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "netwatch.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

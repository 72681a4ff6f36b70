{{/*
What the checks of all agents need of the API server:

  cluster: {nodes: true}                              resources of the whole cluster
  namespaces: {kube-system: {endpointslices: true}}   resources of a namespace

A source that names no namespace means that of the release.
*/}}
{{- define "netwatch.permissions" -}}
{{- $ := . }}
{{- $cluster := dict }}
{{- $namespaces := dict }}
{{- $resources := dict "endpoints" (list "endpointslices") "services" (list "services" "endpointslices") "pods" (list "pods") }}
{{- $defaults := .Files.Get "files/default-checks.yaml" | fromYaml }}
{{- range $network := include "netwatch.networks" . | splitList "," }}
  {{- $of := dict "root" $ "network" $network }}
  {{- $checks := include "netwatch.checks" $of | fromYaml }}
  {{- if $.Values.defaults.enabled }}
    {{- $without := include "netwatch.without" $of | fromJsonArray }}
    {{- range $name, $check := $defaults }}
      {{- if not (or (has $name $without) (hasKey $checks $name)) }}{{ $_ := set $checks $name $check }}{{ end }}
    {{- end }}
  {{- end }}
  {{- range $name, $check := $checks }}
    {{- range $source, $options := $check.source }}
      {{- if eq $source "nodes" }}{{ $_ := set $cluster "nodes" true }}{{ end }}
      {{- with get $resources $source }}
        {{- $namespace := dig "namespace" $.Release.Namespace (default dict $options) }}
        {{- $needed := get $namespaces $namespace | default dict }}
        {{- range . }}{{ $_ := set $needed . true }}{{ end }}
        {{- $_ := set $namespaces $namespace $needed }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- toYaml (dict "cluster" $cluster "namespaces" $namespaces) }}
{{- end }}

{{/* Rules for reading the resources of a dict, grouped by API. */}}
{{- define "netwatch.readingRules" -}}
{{- $resources := keys . | sortAlpha }}
{{- with without $resources "endpointslices" }}
- apiGroups: [""]
  resources: {{ toJson . }}
  verbs: [get, list, watch]
{{- end }}
{{- if has "endpointslices" $resources }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
{{- end }}
{{- end }}

{{- define "netwatch.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "netwatch.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

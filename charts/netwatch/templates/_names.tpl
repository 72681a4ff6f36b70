{{/* Names and labels. Selectors must never change: a DaemonSet with another one is not upgraded, but refused. */}}

{{- define "netwatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{/* 48 characters, so that the name of a pod's agent and of a dashboard fit into 63. */}}
{{- define "netwatch.fullname" -}}
{{- $name := include "netwatch.name" . }}
{{- $made := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $made .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "netwatch.labels" -}}
app.kubernetes.io/name: {{ include "netwatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of one network's agents: (dict "root" $ "network" "host"). */}}
{{- define "netwatch.selector" -}}
app.kubernetes.io/name: {{ include "netwatch.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .network }}-network
{{- end }}

{{- define "netwatch.agentName" -}}
{{- include "netwatch.fullname" .root }}{{ eq .network "pod" | ternary "-pod" "" }}
{{- end }}

{{/* The networks with agents, by commas: "host,pod". */}}
{{- define "netwatch.networks" -}}
{{- $networks := list }}
{{- if .Values.hostNetwork.enabled }}{{ $networks = append $networks "host" }}{{ end }}
{{- if .Values.podNetwork.enabled }}{{ $networks = append $networks "pod" }}{{ end }}
{{- if not $networks }}{{ fail "hostNetwork.enabled and podNetwork.enabled are both false: there would be no agent" }}{{ end }}
{{- join "," $networks }}
{{- end }}

{{- define "netwatch.serviceAccountName" -}}
{{- default (.Values.serviceAccount.create | ternary (include "netwatch.fullname" .) "default") .Values.serviceAccount.name }}
{{- end }}

{{- define "netwatch.image" -}}
{{- $image := .Values.image }}
{{- $version := empty $image.digest | ternary (printf ":%s" (default .Chart.AppVersion $image.tag)) (printf "@%s" $image.digest) }}
{{- printf "%s%s" (compact (list $image.registry $image.repository) | join "/") $version }}
{{- end }}

{{/* What agents and tests share of a pod: (dict "root" $ "network" "host"). */}}

{{- define "netwatch.podNetwork" -}}
serviceAccountName: {{ include "netwatch.serviceAccountName" .root }}
automountServiceAccountToken: {{ eq (include "netwatch.needsToken" .root) "true" }}
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq .network "host" }}
hostNetwork: true
dnsPolicy: ClusterFirstWithHostNet
securityContext:
  seccompProfile:
    type: RuntimeDefault
{{- else }}
dnsPolicy: ClusterFirst
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
  # One of the safe sysctls: it lets every group ping, without any capability.
  sysctls:
    - name: net.ipv4.ping_group_range
      value: "0 2147483647"
{{- end }}
{{- end }}

{{- define "netwatch.needsToken" -}}
{{- $permissions := include "netwatch.permissions" . | fromYaml }}
{{- if or $permissions.cluster $permissions.namespaces .Values.rbac.delegatedAuth }}true{{ end }}
{{- end }}

{{- define "netwatch.container" -}}
image: {{ include "netwatch.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- if eq .network "host" }}
# UID 0, because no other gets a capability from Kubernetes, and nothing of root but raw sockets.
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
    {{- if eq .network "host" }}
    add: [NET_RAW]
  runAsUser: 0
  runAsGroup: 0
    {{- end }}
env:
  {{- range $name, $field := dict "NODE_NAME" "spec.nodeName" "HOST_IP" "status.hostIP" "POD_IP" "status.podIP" "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" }}
  - name: {{ $name }}
    valueFrom:
      fieldRef:
        fieldPath: {{ $field }}
  {{- end }}
  {{- if not (include "netwatch.hasOwnNodeSelector" .root) }}
  {{- with (include "netwatch.nodes" .root | fromYaml).selector }}
  - name: NODE_SELECTOR
    value: {{ . | quote }}
  {{- end }}
  {{- end }}
  {{- with .root.Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/netwatch
    readOnly: true
  {{- with .root.Values.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml .root.Values.resources | nindent 2 }}
{{- end }}

{{- define "netwatch.volumes" -}}
volumes:
  - name: config
    configMap:
      name: {{ include "netwatch.agentName" . }}
  {{- with .root.Values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

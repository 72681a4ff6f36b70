{{/* What the agents of a network are told: (dict "root" $ "network" "host"). */}}

{{/* The user's checks. */}}
{{- define "netwatch.checks" -}}
{{- $checks := deepCopy .root.Values.checks }}
{{- if eq .network "pod" }}
{{- range $name, $check := .root.Values.podNetwork.checks }}{{ $_ := set $checks $name $check }}{{ end }}
{{- end }}
{{- toYaml $checks }}
{{- end }}

{{/* kube-proxy shows its metrics on the loopback address of the node alone. */}}
{{- define "netwatch.without" -}}
{{- $without := .root.Values.defaults.without }}
{{- if eq .network "pod" }}{{ $without = append $without "kube-proxy" | uniq }}{{ end }}
{{- toJson $without }}
{{- end }}

{{- define "netwatch.config" -}}
{{- $values := .root.Values }}
{{- $checks := include "netwatch.checks" . | fromYaml }}
{{- if not (or $values.defaults.enabled $checks) }}
{{- fail (printf "agents in the %s network would have nothing to measure: set defaults.enabled or checks" .network) }}
{{- end }}
{{- /* Brackets, because the address of a pod may be one of IPv6. */}}
{{- $listen := list (printf "127.0.0.1:%v" $values.port) (printf "[${POD_IP}]:%v" $values.port) }}
{{- $config := mergeOverwrite (dict "listen" $listen "node_name" "${NODE_NAME}") (deepCopy $values.config) }}
{{- if eq .network "pod" }}{{ $config = mergeOverwrite $config (deepCopy $values.podNetwork.config) }}{{ end }}
{{- if $values.rbac.delegatedAuth }}
{{- if not (and (eq $values.scheme "HTTPS") (dig "web" "config_file" "" $config)) }}
{{- fail "rbac.delegatedAuth needs TLS, or tokens would be seen on the way: set scheme to HTTPS, and config.web.config_file" }}
{{- end }}
{{- $config = merge $config (dict "web" (dict "kubernetes_auth" (dict "enabled" true))) }}
{{- end }}
{{- if and (dig "web" "kubernetes_auth" "enabled" false $config) (not $values.rbac.delegatedAuth) }}
{{- fail "agents that ask who scrapes need permissions: set rbac.delegatedAuth in place of config.web.kubernetes_auth.enabled" }}
{{- end }}
{{- $defaults := dict "enabled" $values.defaults.enabled "without" (include "netwatch.without" . | fromJsonArray) }}
{{- toYaml (merge (dict "checks" $checks "defaults" $defaults) $config) }}
{{- end }}

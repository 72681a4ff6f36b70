{{/*
The nodes that have agents, as a label selector, so that the default checks probe these and no
others: {selector: "pool=web,!spot", isWhole: true}. It is not whole where what keeps agents from a
node is no label of it but a taint or other pods, or where there are alternatives or numbers.
*/}}
{{- define "netwatch.nodes" -}}
{{- $affinity := .Values.affinity | default dict }}
{{- $terms := dig "nodeAffinity" "requiredDuringSchedulingIgnoredDuringExecution" "nodeSelectorTerms" list $affinity }}
{{- $isOne := le (len $terms) 1 }}
{{- $isWhole := and $isOne (not (omit $affinity "nodeAffinity")) (has (dict "operator" "Exists") (.Values.tolerations | default list)) }}
{{- $parts := list }}
{{- range $label, $value := .Values.nodeSelector }}{{ $parts = append $parts (printf "%s=%v" $label $value) }}{{ end }}
{{- range $term := $isOne | ternary $terms list }}
  {{- if $term.matchFields }}{{ $isWhole = false }}{{ end }}
  {{- range $term.matchExpressions }}
    {{- $values := .values | default list | join ", " }}
    {{- $forms := dict "In" (printf "%s in (%s)" .key $values) "NotIn" (printf "%s notin (%s)" .key $values) "Exists" .key "DoesNotExist" (printf "!%s" .key) }}
    {{- if hasKey $forms .operator }}{{ $parts = append $parts (get $forms .operator) }}{{ else }}{{ $isWhole = false }}{{ end }}
  {{- end }}
{{- end }}
{{- toYaml (dict "selector" (join "," $parts) "isWhole" $isWhole) }}
{{- end }}

{{/* Whether the user says which nodes these are. */}}
{{- define "netwatch.hasOwnNodeSelector" -}}
{{- range .Values.env }}{{ if eq .name "NODE_SELECTOR" }}true{{ end }}{{ end }}
{{- end }}

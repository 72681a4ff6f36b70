"""What netwatch does where it has no configuration file."""

from collections.abc import Mapping

from netwatch.net.kubernetes.login import is_in_cluster

DEFAULT_CONFIG = """\
# What netwatch does where it has no configuration file.
listen: ["127.0.0.1:9847"]
checks:
  local:
    # The gateways and name servers of this node; where it has none, the node itself.
    source: {local: {gateways: true, resolvers: true, loopback: fallback}}
    probe: {icmp: {interval: 1s, timeout: 1s}}
"""

CLUSTER_CONFIG = """\
# What netwatch does in a pod that has no configuration file.
listen: ["127.0.0.1:9847"]
node_name: "${NODE_NAME:-}"
checks:
  nodes:
    source: {nodes: {}}
    probe: {icmp: {interval: 1s, timeout: 1s}}
  nodes-large:
    # 1428 bytes with the headers of IPv4, 1448 with those of IPv6: whole, or not at all.
    source: {nodes: {}}
    probe: {icmp: {interval: 10s, timeout: 1s, size: 1400, dont_fragment: true}}
  gateways:
    source: {local: {gateways: true, loopback: fallback}}
    probe: {icmp: {interval: 1s, timeout: 1s}}
  dns-servers:
    # Each server of the cluster's DNS, past its Service.
    source: {endpoints: {namespace: kube-system, selector: k8s-app=kube-dns, port: dns}}
    probe: {dns: &question {query: "kubernetes.default.svc.${CLUSTER_DOMAIN:-cluster.local}."}}
  dns-service:
    source: {services: {namespace: kube-system, selector: k8s-app=kube-dns, port: dns}}
    probe: {dns: *question}
  dns-system:
    # As programs on this node and in this pod find names.
    source: {static: ["kubernetes.default.svc.${CLUSTER_DOMAIN:-cluster.local}"]}
    probe: {resolve: {through: libc}}
  api-server-service:
    source: {services: {namespace: default, name: kubernetes, port: https}}
    probe: {http: &livez {scheme: https, path: /livez, valid_status: [200, 401, 403],
      tls: {ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt,
        server_name: kubernetes.default.svc}}}
  api-servers:
    # Each of them, past the Service.
    source: {endpoints: {namespace: default, service: kubernetes, port: https}}
    probe: {http: *livez}
"""


def default_config(environ: Mapping[str, str]) -> str:
    """Return the text of the configuration for this place: a pod, or a host."""
    return CLUSTER_CONFIG if is_in_cluster(environ) else DEFAULT_CONFIG

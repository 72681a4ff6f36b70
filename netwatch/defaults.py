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
  local-large:
    # Packets of 1400 bytes by IPv4 and 1420 by IPv6, whole: through the usual tunnels too, these
    # get to a gateway wherever nothing is wrong.
    source: {local: {gateways: true}}
    probe: {icmp: {interval: 5s, timeout: 1s, size: 1372, dont_fragment: true}}
    optional: true
  local-dns:
    # Who serves the root is what each name server knows without asking strangers. Whether it
    # answers is the question here, and not what: many an internal one knows no root, or refuses.
    source: {local: {resolvers: true}}
    probe:
      dns:
        interval: 10s
        timeout: 2s
        query: "."
        query_type: NS
        valid_rcodes: [NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED]
    optional: true
"""

CLUSTER_CONFIG = """\
# What netwatch does in a pod that has no configuration file.
listen: ["127.0.0.1:9847"]
node_name: "${NODE_NAME:-}"
checks:
  nodes:
    # Those that the chart gives an agent: others may answer no ping, or be no machines at all.
    source: &nodes
      nodes:
        selector: >-
          ${NODE_SELECTOR:-kubernetes.io/os=linux,type notin (virtual-kubelet),
          eks.amazonaws.com/compute-type notin (fargate)}
    probe: {icmp: {interval: 1s, timeout: 1s}}
  nodes-large:
    # 1428 bytes with the headers of IPv4, 1448 with those of IPv6: whole, or not at all.
    source: *nodes
    probe: {icmp: {interval: 10s, timeout: 1s, size: 1400, dont_fragment: true}}
  gateways:
    source: {local: {gateways: true, loopback: fallback}}
    probe: {icmp: {interval: 1s, timeout: 1s}}
  dns-servers:
    # Each server of the cluster's DNS, past its Service.
    source: {endpoints: {namespace: kube-system, selector: k8s-app=kube-dns, port: 53}}
    probe: {dns: &question {query: "kubernetes.default.svc.${CLUSTER_DOMAIN:-cluster.local}."}}
  dns-service:
    source: {services: {namespace: kube-system, selector: k8s-app=kube-dns, port: 53}}
    probe: {dns: *question}
  dns-system:
    # As programs on this node and in this pod find names.
    source: {static: ["kubernetes.default.svc.${CLUSTER_DOMAIN:-cluster.local}"]}
    probe: {resolve: {through: libc}}
  service-path:
    # Does an address of a Service answer where its endpoints do? What lies between is kube-proxy.
    source: {services: {backends: true}}
    probe: {service_path: {}}
  kube-proxy:
    # Absent where something else does its work.
    source: {static: [{name: kube-proxy, host: 127.0.0.1}]}
    probe: {kube_proxy: {}}
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

"""kube-proxy on every node: does it live, keep up, and do the services it is for work."""

from dashboards.grafana.dashboard import Dashboard, Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_BAD, SUCCESS, Scale
from dashboards.grafana.stat import stat
from dashboards.grafana.table import Column, table
from dashboards.grafana.timeline import States, timeline
from dashboards.promql import (
    CLUSTER,
    EVERYWHERE,
    NODE,
    Scope,
    attempts,
    coded,
    or_zero,
    per_second,
    quantile,
)

CHOSEN = Scope((*EVERYWHERE, NODE))
ITS_OWN = Scope(
    (CLUSTER, NODE),
    only=f" and on (cluster, network, node, instance) {CHOSEN('netwatch_build_info')}",
)
"""Series of kube-proxy that netwatch passes on.

Their job is netwatch's, and `exported_job` what they say (kube-proxy); it is that itself where
Prometheus honours their labels. So they are told by coming from the same place as an agent, which
those that Prometheus has from kube-proxy itself do not.
"""

# In the order of how bad they are.
KUBE_PROXY_STATES = States(
    {
        "healthy": "green",
        "absent": "text",
        "draining": "blue",
        "stalled": "orange",
        "unhealthy": "red",
    }
)
PENDING = Scale("green", {30: "orange", 60: "red"})
STATE = "netwatch_kube_proxy_state"
KUBE_PROXY_PROBE = 'probe="kube_proxy"'
PATH_UP = CHOSEN("netwatch_service_path_up")


def _slowest(family: str) -> list[Query]:
    """Return what half of them, and 99 of 100, take, on all nodes, and on the slowest ones."""
    return [
        Query(quantile(0.5, ITS_OWN, family, ""), "p50"),
        Query(quantile(0.99, ITS_OWN, family, ""), "p99"),
        Query(f"topk(5, {quantile(0.99, ITS_OWN, family, 'node')})", "p99 {{node}}"),
    ]


NOW = Row(
    "Now",
    [
        stat(
            "Healthy",
            "Nodes whose kube-proxy lives and keeps up.",
            or_zero(f"""count({CHOSEN(STATE, 'state="healthy"')})"""),
        ),
        stat(
            "Unhealthy or stalled",
            "Nodes whose kube-proxy says that it is not well, or where changes wait and nothing "
            "is written: services there lead to pods that are gone.",
            or_zero(f"""count({CHOSEN(STATE, 'state=~"unhealthy|stalled"')})"""),
            scale=ANY_IS_BAD,
            runbook="NetwatchKubeProxyUnhealthy",
        ),
        stat(
            "Draining",
            "Nodes that are being deleted: kube-proxy keeps load balancers away. No trouble.",
            or_zero(f"""count({CHOSEN(STATE, 'state="draining"')})"""),
        ),
        stat(
            "Longest wait",
            "For how long changes have waited without any sync, on the worst node.",
            f"max({CHOSEN('netwatch_kube_proxy_sync_pending_seconds')})",
            unit="s",
            scale=PENDING,
            runbook="NetwatchKubeProxySyncPending",
        ),
        stat(
            "Failures to write rules",
            "In the last hour, on all nodes. Rules that are not written are services that do not "
            "change with their pods.",
            or_zero(f"sum(increase({CHOSEN('netwatch_kube_proxy_sync_failures_total')}[1h]))"),
            scale=ANY_IS_BAD,
            runbook="NetwatchKubeProxyRestoreFailing",
        ),
        stat(
            "Service paths that work",
            "Share of pairs of a node and a service whose address answers, where the service does.",
            f"avg({PATH_UP})",
            unit="percentunit",
            scale=SUCCESS,
            runbook="NetwatchServicePathBroken",
        ),
    ],
)

KEEPING_UP = Row(
    "Does it keep up",
    [
        timeline(
            "State by node",
            "What kube-proxy says of itself, and whether it writes what it should: docs/probes.md.",
            Query(coded(KUBE_PROXY_STATES, CHOSEN, STATE, "node"), "{{node}}"),
            states=KUBE_PROXY_STATES,
            height=9,
            runbook="NetwatchKubeProxyUnhealthy",
        ),
        graph(
            "Waiting for a sync",
            "For how long changes have waited without any sync, by node and IP family. It rises "
            "in a line where kube-proxy hangs, which its own health does not show.",
            Query(
                f"{CHOSEN('netwatch_kube_proxy_sync_pending_seconds')}", "{{node}} {{ip_family}}"
            ),
            unit="s",
            runbook="NetwatchKubeProxySyncPending",
        ),
        graph(
            "Changes that wait",
            "Changes of Services and endpoints that the next sync will write, by node.",
            Query(f"{CHOSEN('netwatch_kube_proxy_pending_changes')}", "{{node}} {{kind}}"),
        ),
        graph(
            "Failures to write rules",
            "By node and operation. `partial_restore` is repaired by a full one.",
            Query(
                per_second(CHOSEN, "netwatch_kube_proxy_sync_failures_total", "node, operation"),
                "{{node}} {{operation}}",
            ),
            unit="ops",
            runbook="NetwatchKubeProxyRestoreFailing",
        ),
        graph(
            "Starts",
            "How often kube-proxy was found to have been started anew within an hour, by node.",
            Query(
                f"sum by (node) (increase({CHOSEN('netwatch_kube_proxy_restarts_total')}[1h]))",
                "{{node}}",
            ),
        ),
    ],
)

LATENCY = Row(
    "How fast it is, by its own metrics",
    [
        graph(
            "Network programming",
            "From the change of a pod or Service until the rules are written, on all nodes and on "
            "the five slowest.",
            *_slowest("kubeproxy_network_programming_duration_seconds"),
            unit="s",
            runbook="NetwatchProgrammingSlow",
        ),
        graph(
            "Sync of the rules",
            "Time that writing takes, on all nodes and on the five slowest.",
            *_slowest("kubeproxy_sync_proxy_rules_duration_seconds"),
            unit="s",
            runbook="NetwatchProgrammingSlow",
        ),
        graph(
            "Syncs and changes",
            "Syncs, and the changes of endpoints and Services that they are for, on all nodes.",
            Query(
                per_second(ITS_OWN, "kubeproxy_sync_proxy_rules_duration_seconds_count", ""),
                "syncs",
            ),
            *(
                Query(
                    per_second(ITS_OWN, f"kubeproxy_sync_proxy_rules_{kind}_changes_total", ""),
                    f"{kind}s",
                )
                for kind in ("endpoint", "service")
            ),
            unit="ops",
        ),
        graph(
            "Services without endpoints on the node",
            "Services that want endpoints on the same node and have none there: what arrives is "
            "dropped.",
            Query(
                "sum by (node, traffic_policy) "
                f"({ITS_OWN('kubeproxy_sync_proxy_rules_no_local_endpoints_total')}{ITS_OWN.only})",
                "{{node}} {{traffic_policy}}",
            ),
        ),
        graph(
            "Requests to the API server",
            "Of kube-proxy, by status code. Others than 2xx: it does not hear of changes.",
            Query(per_second(ITS_OWN, "rest_client_requests_total", "code"), "{{code}}"),
            unit="reqps",
        ),
        graph(
            "Series that are passed on",
            "Of kube-proxy's own, by node, and those that are left out, by reason "
            "(docs/metrics.md). A node without a line passes on nothing: its part of the panels "
            "above is missing.",
            Query(
                f"sum by (node) ({CHOSEN('netwatch_passed_series', KUBE_PROXY_PROBE)})", "{{node}}"
            ),
            Query(
                f"sum by (node, reason) ({CHOSEN('netwatch_passed_dropped', KUBE_PROXY_PROBE)})",
                "{{node}} left out: {{reason}}",
            ),
        ),
        table(
            "Modes and versions",
            "What kube-proxy writes its rules with, and its version, by number of nodes. Two "
            "versions for long are an upgrade that stopped.",
            {"mode": "Mode", "version": "Version"},
            Column(
                "Nodes",
                f"count by (mode, version) ({CHOSEN('netwatch_kube_proxy_mode')} * on (node, "
                "check, target) group_left (version) "
                f"{CHOSEN('netwatch_kube_proxy_version')})",
            ),
            sort="Nodes",
        ),
    ],
)

PATHS = Row(
    "Do services work",
    [
        timeline(
            "Service paths that were broken",
            "Services whose address did not answer on some node although their endpoints did: the "
            "share of nodes where it does. Empty where there were none.",
            Query(
                f"avg by (check, target) ({PATH_UP}) and on (check, target) (min by (check, "
                f"target) (min_over_time({PATH_UP}[$__range])) == 0)",
                "{{check}} {{target}}",
            ),
            unit="percentunit",
            scale=SUCCESS,
            width=12,
            runbook="NetwatchServicePathBroken",
        ),
        table(
            "Broken now",
            "Where, and which service: the rules on this node, or its connection tracking.",
            {"node": "Node", "check": "Check", "target": "Service", "address": "Address"},
            Column(
                "Endpoints that answer",
                "sum by (node, check, target, address) "
                f"""({CHOSEN("netwatch_service_path_endpoints", 'answer="yes"')}) and on (node, """
                f"check, target, address) ({PATH_UP} == 0)",
            ),
            sort="Endpoints that answer",
            links=attempts(check="Check", node="Node", target="Service"),
            height=8,
            runbook="NetwatchServicePathBroken",
        ),
    ],
)

KUBE_PROXY = Dashboard(
    uid="netwatch-kube-proxy",
    title="netwatch / kube-proxy",
    description="kube-proxy on every node: does it live, keep up, and do services work.",
    variables=CHOSEN.variables,
    rows=[NOW, KEEPING_UP, LATENCY, PATHS],
)

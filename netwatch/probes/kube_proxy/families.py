"""The series that are made of what kube-proxy says; its own are passed on beside them."""

from netwatch.exposition.family import Family, Kind


def _gauge(name: str, help_: str, *, label: str = "", unit: str = "") -> Family:
    key = f"kube_proxy_{name.removesuffix('_seconds')}"
    return Family(
        name=f"netwatch_kube_proxy_{name}",
        kind=Kind.GAUGE,
        help=help_,
        key=key,
        label=label,
        unit=unit,
    )


FAMILIES = (
    _gauge(
        "state",
        "1 for the state of kube-proxy: healthy, draining, stalled, unhealthy or absent.",
        label="state",
    ),
    _gauge(
        "metrics_up",
        "Whether its metrics were read; 0 where its health answers, and nobody listens for them: a "
        "sync that hangs is not seen then.",
    ),
    _gauge("healthy", "Whether kube-proxy calls itself healthy, whatever becomes of the node."),
    _gauge(
        "node_eligible",
        "Whether kube-proxy wants load balancers to use the node; 0 while it is being deleted.",
    ),
    _gauge(
        "sync_pending_seconds",
        "For how long changes have waited without any sync of the rules, as seen from here.",
        label="ip_family",
        unit="seconds",
    ),
    Family(
        name="netwatch_kube_proxy_sync_failures_total",
        kind=Kind.COUNTER,
        help="Failures to write rules since the agent watches; an operation is absent where this "
        "kube-proxy does not count it.",
        key="kube_proxy_sync_failures",
        label="operation",
    ),
    _gauge(
        "pending_changes",
        "Changes of Services and endpoints that wait for the next sync.",
        label="kind",
    ),
    Family(
        name="netwatch_kube_proxy_restarts_total",
        kind=Kind.COUNTER,
        help="How often kube-proxy was found to have been started anew.",
        key="kube_proxy_restarts",
    ),
    _gauge("mode", "1 for what kube-proxy writes its rules with.", label="mode"),
    _gauge(
        "version", "1 for the version of kube-proxy, without what vendors add.", label="version"
    ),
)

"""How it came to be as it is: losses, round-trip times and reasons over time."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.overview.scope import PAIRS
from dashboards.promql import (
    loss,
    per_second,
    quantiles,
)

HISTORY = Row(
    "History",
    [
        graph(
            "Packets lost by check and zones",
            "Share of pings without an answer, by the zones of both ends. One line that rises "
            "alone is the path between two zones.",
            Query(loss(PAIRS, "check, node_zone, zone"), "{{check}}: {{node_zone}} → {{zone}}"),
            unit="percentunit",
            runbook="NetwatchZonePathLossy",
        ),
        graph(
            "Round-trip time by check",
            "Half of the answers, and 99 of 100, come within this.",
            *quantiles(PAIRS, "netwatch_icmp_rtt_seconds"),
            unit="s",
        ),
        graph(
            "Why pings fail",
            "Lost without a word, refused by an ICMP error, or not even sent (a route or a "
            "firewall of the node itself). `local` is netwatch's own trouble.",
            Query(
                per_second(PAIRS, "netwatch_icmp_packets_lost_total", "check"),
                "{{check}} lost",
            ),
            Query(
                per_second(PAIRS, "netwatch_icmp_errors_total", "check, reason"),
                "{{check}} {{reason}}",
            ),
            Query(
                per_second(PAIRS, "netwatch_icmp_unsent_total", "check, reason"),
                "{{check}} not sent: {{reason}}",
            ),
            unit="pps",
        ),
        graph(
            "Why attempts fail",
            "All probes but pings; the dashboard Services has more of them.",
            Query(
                per_second(PAIRS, "netwatch_probe_failures_total", "check, reason"),
                "{{check}} {{reason}}",
            ),
            unit="ops",
        ),
    ],
)

"""What happens to pings beside getting lost, to whomever they are sent."""

from dashboards.explorer.scope import ALL
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.promql import EACH, per_second

ODDITIES = Row(
    "Oddities",
    [
        graph(
            "Replies that are not as they should be",
            "Late: after the timeout, so the path is slow and not broken. Duplicates and "
            "reordered: there is more than one path. Corrupt: something damages packets.",
            *(
                Query(
                    per_second(ALL, f"netwatch_icmp_{name}_total", "check"), f"{{{{check}}}} {name}"
                )
                for name in ("late", "duplicates", "reordered", "corrupt")
            ),
            unit="pps",
            width=8,
        ),
        graph(
            "Errors and packets not sent",
            "What ended by an ICMP error, and what did not even leave the node, by reason.",
            *(
                Query(
                    per_second(ALL, f"netwatch_icmp_{name}_total", "node, reason"),
                    f"{{{{node}}}} {words}: {{{{reason}}}}",
                )
                for name, words in (("errors", "error"), ("unsent", "not sent"))
            ),
            unit="pps",
            width=8,
        ),
        graph(
            "Changes of the path",
            "How often the hop limit of replies was another one within ten minutes, by target: "
            "a path that changes.",
            Query(
                f"sum by (check, target) (changes({ALL('netwatch_icmp_hop_limit', EACH)}[10m]))",
                "{{check}} {{target}}",
            ),
            width=8,
        ),
    ],
)

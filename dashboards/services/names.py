"""Name servers, each by itself, and what names resolve to."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import SUCCESS
from dashboards.grafana.table import Column, table
from dashboards.promql import mean, per_second, success
from dashboards.services.scope import ASKED, CHOSEN

SERVER = {"check": "Check", "target": "Server", "address": "Address"}
ONE_SERVER = ", ".join(SERVER)
DNS = 'probe="dns"'

NAMES = Row(
    "DNS",
    [
        table(
            "Name servers in the time shown",
            "Each server by itself: one bad of three is one slow lookup of three.",
            SERVER,
            Column("Attempts", f"sum by ({ONE_SERVER}) (increase({CHOSEN(ASKED, DNS)}[$__range]))"),
            Column(
                "Succeeded",
                success(CHOSEN, ONE_SERVER, DNS, window="$__range"),
                "percentunit",
                SUCCESS,
            ),
            Column(
                "Mean",
                mean(CHOSEN, "netwatch_probe_duration_seconds", ONE_SERVER, DNS, window="$__range"),
                "s",
            ),
            Column(
                "Records",
                f"min by ({ONE_SERVER}) "
                f"""({CHOSEN("netwatch_dns_records", 'section="answer"')})""",
            ),
            Column(
                "Smallest TTL",
                f"min by ({ONE_SERVER}) ({CHOSEN('netwatch_dns_minimum_ttl_seconds')})",
                "s",
            ),
            sort="Succeeded",
            smallest_first=True,
            width=24,
            runbook="NetwatchDnsFailing",
        ),
        graph(
            "Failures by server",
            "By reason. `timeout` of one server alone is that server; of all of them from one "
            "node, that node.",
            Query(
                per_second(CHOSEN, "netwatch_probe_failures_total", "target, address, reason", DNS),
                "{{target}} {{address}} {{reason}}",
            ),
            unit="ops",
            runbook="NetwatchDnsFailing",
        ),
        graph(
            "How long servers take",
            "Mean of successful attempts, by server.",
            Query(
                mean(
                    CHOSEN,
                    "netwatch_probe_phase_seconds",
                    "target, address, phase",
                    DNS,
                ),
                "{{target}} {{address}} {{phase}}",
            ),
            unit="s",
            runbook="NetwatchDnsSlow",
        ),
        graph(
            "Response codes",
            "Of the latest replies: how many pairs of a node and a server have which.",
            Query(f"sum by (rcode) ({CHOSEN('netwatch_dns_rcode')})", "{{rcode}}"),
            width=8,
        ),
        graph(
            "Datagrams",
            "Queries sent again because nothing had come, and replies to something else, late or "
            "forged.",
            *(
                Query(
                    per_second(CHOSEN, f"netwatch_dns_{name}_total", "target"),
                    f"{{{{target}}}} {words}",
                )
                for name, words in (
                    ("retransmissions", "sent again"),
                    ("ignored_replies", "ignored"),
                )
            ),
            unit="pps",
            width=8,
        ),
        graph(
            "Addresses of names",
            "What names resolve to on nodes, by family: the fewest that any node finds.",
            Query(
                f"min by (target, family) ({CHOSEN('netwatch_resolve_addresses')})",
                "{{target}} {{family}}",
            ),
            width=8,
        ),
    ],
)

"""What single probes tell of answers: HTTP, and the echo and health of other protocols."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_BAD
from dashboards.grafana.table import Column, table
from dashboards.promql import missing, per_second
from dashboards.services.scope import CHOSEN

HTTP = Row(
    "HTTP",
    [
        table(
            "Latest answers",
            "Of the final response, by target and status code, and how many nodes see it.",
            {"check": "Check", "target": "Target", "code": "Status"},
            Column(
                "Nodes",
                "count_values by (check, target) "
                f"""("code", {CHOSEN("netwatch_http_status_code")})""",
            ),
            sort="Nodes",
        ),
        table(
            "Broken expectations",
            "What the latest answer breaks, and for how many nodes. Empty where all is well.",
            {"check": "Check", "target": "Target", "expectation": "Expectation"},
            Column(
                "Nodes",
                "sum by (check, target, expectation) "
                f"({CHOSEN('netwatch_http_broken_expectation')})",
                scale=ANY_IS_BAD,
            ),
            sort="Nodes",
        ),
    ],
)

OTHERS = Row(
    "UDP and gRPC",
    [
        graph(
            "UDP datagrams lost",
            "Share of echo requests without an answer.",
            Query(
                missing(
                    per_second(CHOSEN, "netwatch_udp_received_total", "check, target"),
                    per_second(CHOSEN, "netwatch_udp_sent_total", "check, target"),
                ),
                "{{check}} {{target}}",
            ),
            unit="percentunit",
        ),
        graph(
            "UDP paths",
            "Source ports that lost something in the latest attempt, worst node: some of them and "
            "not all is one bad path of several.",
            Query(
                f"max by (check, target) ({CHOSEN('netwatch_udp_ports_lossy')})",
                "{{check}} {{target}}",
            ),
        ),
        graph(
            "UDP round-trip time",
            "Of the latest attempt, worst node: the mean, and by how much the slowest source port "
            "is slower than the fastest. Far apart: one slow path of several.",
            *(
                Query(
                    f"max by (check, target) ({CHOSEN(f'netwatch_udp_rtt_{which}_seconds')})",
                    f"{{{{check}}}} {{{{target}}}} {which}",
                )
                for which in ("mean", "spread")
            ),
            unit="s",
        ),
        graph(
            "gRPC servers that serve",
            "Pairs of a node and a server, by what the health service says.",
            Query(
                f"sum by (check, status) ({CHOSEN('netwatch_grpc_serving')})",
                "{{check}} {{status}}",
            ),
        ),
    ],
)

"""What agents cost: memory, time, series, and answers to each other."""

from dashboards.agents.scope import AGENT, largest, rate
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query

COST = Row(
    "What it costs",
    [
        graph(
            "CPU",
            "Of one core.",
            Query(rate("process_cpu_seconds_total"), AGENT),
            unit="percentunit",
            width=8,
        ),
        graph(
            "Memory",
            "Resident.",
            Query(largest("process_resident_memory_bytes"), AGENT),
            unit="bytes",
            width=8,
        ),
        graph(
            "Series",
            "Of checks and targets. What grows with the square of the nodes is seen here first.",
            Query(largest("netwatch_series"), AGENT),
            width=8,
        ),
        graph(
            "Time that a scrape takes",
            "As Prometheus sees it.",
            Query(largest("scrape_duration_seconds"), AGENT),
            unit="s",
        ),
        graph(
            "Echo requests of other agents",
            "Answered, and not answered by reason, where the UDP echo is on.",
            Query(rate("netwatch_udp_echo_answered_total"), f"{AGENT} answered"),
            Query(
                rate("netwatch_udp_echo_unanswered_total", "node, network, reason"),
                f"{AGENT} {{{{reason}}}}",
            ),
            unit="pps",
        ),
    ],
)

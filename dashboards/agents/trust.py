"""Can the numbers of agents be trusted: what delays, drops and spoils their measurements."""

from dashboards.agents.scope import AGENT, CHOSEN, largest, rate
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query

TRUST = Row(
    "Can its numbers be trusted",
    [
        graph(
            "Loop lag",
            "Worst delay of the event loop within a minute. Kernel time stamps keep it out of "
            "round-trip times; it delays all else.",
            Query(largest("netwatch_loop_lag_seconds"), AGENT),
            unit="s",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Schedule lag",
            "Worst delay of a ping or an attempt against its beat, within a minute. It grows with "
            "attempts that hang.",
            Query(largest("netwatch_schedule_lag_seconds"), AGENT),
            unit="s",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Own errors",
            "Attempts that failed by netwatch's own fault, by check. They count for no target.",
            Query(rate("netwatch_local_errors_total", "node, check"), "{{node}} {{check}}"),
            unit="ops",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Messages dropped at sockets",
            "By the kernel, mostly for want of room; their pings are no loss, but own errors.",
            Query(rate("netwatch_icmp_socket_drops_total"), AGENT),
            unit="pps",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Requests without a kernel time stamp",
            "Their round-trip times are less exact.",
            Query(rate("netwatch_icmp_unstamped_total"), AGENT),
            unit="pps",
            width=8,
        ),
        graph(
            "What else arrives",
            "Replies to others' pings, and packets that are no ICMP. They count for no target.",
            Query(rate("netwatch_icmp_foreign_replies_total"), f"{AGENT} foreign"),
            Query(rate("netwatch_icmp_malformed_total"), f"{AGENT} malformed"),
            unit="pps",
            width=8,
        ),
        graph(
            "Clock steps",
            "How often the wall clock was set within an hour. Round-trip times across a step are "
            "not counted.",
            Query(
                f"sum by (node, network) (increase({CHOSEN('netwatch_clock_steps_total')}[1h]))",
                AGENT,
            ),
            width=8,
            runbook="NetwatchClockStepping",
        ),
    ],
)

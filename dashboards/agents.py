"""netwatch about itself: is its word to be trusted."""

from dashboards.grafana.dashboard import Dashboard, Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_BAD, ANY_IS_NEWS, Scale
from dashboards.grafana.stat import stat
from dashboards.grafana.table import Column, table
from dashboards.promql import EVERYWHERE, NODE, Scope, gone, or_zero, per_second

CHOSEN = Scope((*EVERYWHERE, NODE))
AGENT = "{{node}} {{network}}"
BUILD = CHOSEN("netwatch_build_info")
RELOAD = "netwatch_config_last_reload"
SOURCE_AGE = CHOSEN("netwatch_source_age_seconds")

ONE_TARGET = {"check": "Check", "target": "Target"}
PASSING = 'probe=~"scrape|kube_proxy"'
LAG = Scale("green", {0.1: "orange", 1: "red"})


def _rate(family: str, by: str = "node, network") -> str:
    return per_second(CHOSEN, family, by)


def _largest(family: str) -> str:
    return f"max by (node, network) ({CHOSEN(family)})"


def _of_one_target(aggregation: str, family: str, *more: str) -> str:
    return f"{aggregation} by ({', '.join(ONE_TARGET)}) ({CHOSEN(f'netwatch_{family}', *more)})"


NOW = Row(
    "Now",
    [
        stat("Agents", "Agents that Prometheus reaches.", or_zero(f"count({BUILD})")),
        stat(
            "Gone",
            "Agents that were there in the time shown and are not now: a node that left, or one "
            "that nobody looks at.",
            or_zero(gone(BUILD)),
            scale=ANY_IS_NEWS,
            runbook="NetwatchAgentMissing",
        ),
        stat(
            "Configurations refused",
            "Agents that were given a configuration with an error, and go on with the one before.",
            or_zero(f"count({CHOSEN(f'{RELOAD}_successful')} == 0)"),
            scale=ANY_IS_BAD,
            runbook="NetwatchReloadFailed",
        ),
        stat(
            "Sources that fail",
            "Sources that fail now; the targets that they named last are used.",
            or_zero(f"count({SOURCE_AGE} > 0)"),
            scale=ANY_IS_NEWS,
            runbook="NetwatchSourceStale",
        ),
        stat(
            "Worst loop lag",
            "Worst delay of the event loop of any agent, in the last minute.",
            f"max({CHOSEN('netwatch_loop_lag_seconds')})",
            unit="s",
            scale=LAG,
            runbook="NetwatchAgentTrouble",
        ),
        stat(
            "Series",
            "Of checks and targets, on all agents.",
            f"sum({CHOSEN('netwatch_series')})",
        ),
    ],
)

EACH = Row(
    "Each agent",
    [
        table(
            "Agents",
            "One row for each; the lags are the worst of the last minute.",
            {"node": "Node", "network": "Network"},
            Column("Series", f"sum by (node, network) ({CHOSEN('netwatch_series')})"),
            Column("Targets", f"sum by (node, network) ({CHOSEN('netwatch_source_targets')})"),
            Column("Running for", f"time() - {_largest('process_start_time_seconds')}", "s"),
            Column(
                "Configured for", f"time() - {_largest(f'{RELOAD}_success_timestamp_seconds')}", "s"
            ),
            Column("CPU", _rate("process_cpu_seconds_total"), "percentunit"),
            Column("Memory", _largest("process_resident_memory_bytes"), "bytes"),
            Column("Loop lag", _largest("netwatch_loop_lag_seconds"), "s", LAG),
            Column("Schedule lag", _largest("netwatch_schedule_lag_seconds"), "s", LAG),
            sort="Loop lag",
            width=18,
            runbook="NetwatchAgentTrouble",
        ),
        table(
            "Versions",
            "Agents by version. Two for long are a rollout that stopped.",
            {"version": "Version"},
            Column("Agents", f"count by (version) ({BUILD})"),
            sort="Agents",
            width=6,
        ),
    ],
)

TRUST = Row(
    "Can its numbers be trusted",
    [
        graph(
            "Loop lag",
            "Worst delay of the event loop within a minute. Kernel time stamps keep it out of "
            "round-trip times; it delays all else.",
            Query(_largest("netwatch_loop_lag_seconds"), AGENT),
            unit="s",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Schedule lag",
            "Worst delay of a ping or an attempt against its beat, within a minute. It grows with "
            "attempts that hang.",
            Query(_largest("netwatch_schedule_lag_seconds"), AGENT),
            unit="s",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Own errors",
            "Attempts that failed by netwatch's own fault, by check. They count for no target.",
            Query(_rate("netwatch_local_errors_total", "node, check"), "{{node}} {{check}}"),
            unit="ops",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Messages dropped at sockets",
            "By the kernel, mostly for want of room; their pings are no loss, but own errors.",
            Query(_rate("netwatch_icmp_socket_drops_total"), AGENT),
            unit="pps",
            runbook="NetwatchAgentTrouble",
        ),
        graph(
            "Requests without a kernel time stamp",
            "Their round-trip times are less exact.",
            Query(_rate("netwatch_icmp_unstamped_total"), AGENT),
            unit="pps",
            width=8,
        ),
        graph(
            "What else arrives",
            "Replies to others' pings, and packets that are no ICMP. They count for no target.",
            Query(_rate("netwatch_icmp_foreign_replies_total"), f"{AGENT} foreign"),
            Query(_rate("netwatch_icmp_malformed_total"), f"{AGENT} malformed"),
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

SOURCES = Row(
    "Where targets come from",
    [
        graph(
            "Targets",
            "By check, as each agent has them: the smallest and the largest number. Where they "
            "differ for long, somebody does not hear of changes.",
            *(
                Query(
                    f"{which} by (check, state) ({CHOSEN('netwatch_source_targets')})",
                    f"{{{{check}}}} {{{{state}}}} {which}",
                )
                for which in ("min", "max")
            ),
        ),
        graph(
            "For how long sources have failed",
            "The targets that they named last are used. 0 is well.",
            Query(f"max by (node, check, source) ({SOURCE_AGE})", "{{node}} {{check}} {{source}}"),
            unit="s",
            runbook="NetwatchSourceStale",
        ),
        graph(
            "Peers",
            "Nodes that probe a node all the time, and that it probes: the smallest and the "
            "largest number. They are the same for all, unless lists of nodes differ. Rotating: "
            "those beside them whose turn it is, where not all are probed.",
            *(
                Query(
                    f"{how} by (check) ({CHOSEN(f'netwatch_peers_{which}')})",
                    f"{{{{check}}}} {which} {how}",
                )
                for which in ("incoming", "outgoing", "rotating")
                for how in ("min", "max")
            ),
        ),
        graph(
            "Failures of sources",
            "By check and source.",
            Query(
                _rate("netwatch_source_errors_total", "node, check, source"),
                "{{node}} {{check}} {{source}}",
            ),
            unit="ops",
            runbook="NetwatchSourceStale",
        ),
    ],
)

PASSED_ON = Row(
    "Metrics of others that are passed on",
    [
        table(
            "Targets whose metrics are passed on",
            "By how many agents, and how much of it. Fewer of them than ask: the others fail, and "
            "show nothing.",
            ONE_TARGET,
            Column("Agents that ask", _of_one_target("count", "target_state", PASSING)),
            Column("That pass on", _of_one_target("count", "passed_series")),
            Column("Series", _of_one_target("max", "passed_series")),
            Column("Left out", _of_one_target("max", "passed_dropped"), scale=ANY_IS_NEWS),
            Column("Samples", _of_one_target("max", "scrape_samples")),
            Column("Page", _of_one_target("max", "scrape_body_bytes"), "bytes"),
            sort="Left out",
        ),
        graph(
            "Left out",
            "Series that were allowed and are not shown, and lines that are no metrics, by reason: "
            "docs/metrics.md. `limit` asks for a larger `max_series`, `name` and `kind` for a "
            "`prefix`, `labels` for a `target_label`; `invalid` is the target's own trouble.",
            Query(
                f"sum by (check, target, reason) ({CHOSEN('netwatch_passed_dropped')})",
                "{{check}} {{target}} {{reason}}",
            ),
        ),
    ],
)

COST = Row(
    "What it costs",
    [
        graph(
            "CPU",
            "Of one core.",
            Query(_rate("process_cpu_seconds_total"), AGENT),
            unit="percentunit",
            width=8,
        ),
        graph(
            "Memory",
            "Resident.",
            Query(_largest("process_resident_memory_bytes"), AGENT),
            unit="bytes",
            width=8,
        ),
        graph(
            "Series",
            "Of checks and targets. What grows with the square of the nodes is seen here first.",
            Query(_largest("netwatch_series"), AGENT),
            width=8,
        ),
        graph(
            "Time that a scrape takes",
            "As Prometheus sees it.",
            Query(_largest("scrape_duration_seconds"), AGENT),
            unit="s",
        ),
        graph(
            "Echo requests of other agents",
            "Answered, and not answered by reason, where the UDP echo is on.",
            Query(_rate("netwatch_udp_echo_answered_total"), f"{AGENT} answered"),
            Query(
                _rate("netwatch_udp_echo_unanswered_total", "node, network, reason"),
                f"{AGENT} {{{{reason}}}}",
            ),
            unit="pps",
        ),
    ],
)

AGENTS = Dashboard(
    uid="netwatch-agents",
    title="netwatch / Agents",
    description="netwatch about itself: is every agent there, is its word to be trusted.",
    variables=CHOSEN.variables,
    rows=[NOW, EACH, TRUST, SOURCES, PASSED_ON, COST],
)

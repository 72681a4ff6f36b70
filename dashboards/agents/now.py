"""Is every agent there, and does each do what it was told."""

from dashboards.agents.scope import CHOSEN, SOURCE_AGE, largest, rate
from dashboards.grafana.dashboard import Row
from dashboards.grafana.scale import ANY_IS_BAD, ANY_IS_NEWS, Scale
from dashboards.grafana.stat import stat
from dashboards.grafana.table import Column, table
from dashboards.promql import gone, or_zero

BUILD = CHOSEN("netwatch_build_info")
RELOAD = "netwatch_config_last_reload"
LAG = Scale("green", {0.1: "orange", 1: "red"})

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
            Column("Running for", f"time() - {largest('process_start_time_seconds')}", "s"),
            Column(
                "Configured for", f"time() - {largest(f'{RELOAD}_success_timestamp_seconds')}", "s"
            ),
            Column("CPU", rate("process_cpu_seconds_total"), "percentunit"),
            Column("Memory", largest("process_resident_memory_bytes"), "bytes"),
            Column("Loop lag", largest("netwatch_loop_lag_seconds"), "s", LAG),
            Column("Schedule lag", largest("netwatch_schedule_lag_seconds"), "s", LAG),
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

"""At a glance: how many of what is wrong."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.scale import ANY_IS_BAD, ANY_IS_NEWS, LOSS, SUCCESS
from dashboards.grafana.stat import stat
from dashboards.overview.scope import AGENTS, ALERTS, ONE_TARGET, OURS, PAIRS, UP
from dashboards.promql import (
    gone,
    loss,
    or_zero,
)

BUILD = AGENTS("netwatch_build_info")

NOW = Row(
    "Now",
    [
        stat(
            "Alerts",
            "Of netwatch, that fire now: the table below has them.",
            or_zero(f"""count({ALERTS("ALERTS", OURS, 'alertstate="firing"')})"""),
            scale=ANY_IS_BAD,
            width=3,
        ),
        stat(
            "Agents",
            "Agents that Prometheus reaches. One that is missing measures nothing, and looks like "
            "a node without trouble: the dashboard Agents has them all.",
            or_zero(f"count({BUILD})"),
            width=3,
        ),
        stat(
            "Agents gone",
            "Agents that were there in the time shown and are not now: their nodes are dead, or "
            "were taken away, or Prometheus does not reach them.",
            or_zero(gone(BUILD)),
            scale=ANY_IS_NEWS,
            width=3,
            runbook="NetwatchAgentMissing",
        ),
        stat(
            "Down for all",
            "Targets that nobody reaches who tries: it is them.",
            or_zero(f"count(max by ({ONE_TARGET}) ({UP}) == 0)"),
            scale=ANY_IS_BAD,
            width=3,
            runbook="NetwatchTargetDown",
        ),
        stat(
            "Down for some",
            "Targets that some reach and others do not: it is the path, or who tries.",
            or_zero(
                f"count((min by ({ONE_TARGET}) ({UP}) == 0) "
                f"and (max by ({ONE_TARGET}) ({UP}) == 1))"
            ),
            scale=ANY_IS_BAD,
            width=3,
            runbook="NetwatchNodeMissesTargets",
        ),
        stat(
            "Degraded pairs",
            "Pairs of a node and a target that work, and lose or take too much.",
            or_zero(f"""sum({PAIRS("netwatch_target_state", 'state="degraded"')})"""),
            scale=ANY_IS_NEWS,
            width=3,
            runbook="NetwatchPairLossy",
        ),
        stat(
            "Pairs that work",
            "Share of all pairs of a node and a target that are not down.",
            f"avg({UP})",
            unit="percentunit",
            scale=SUCCESS,
            width=3,
        ),
        stat(
            "Packets lost",
            "Share of all pings without an answer in the last five minutes.",
            loss(PAIRS, "", window="5m"),
            unit="percentunit",
            scale=LOSS,
            width=3,
            runbook="NetwatchPairLossy",
        ),
    ],
)

"""Which targets are down, who sees it, and since when."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_BAD, LOSS, SUCCESS
from dashboards.grafana.table import Column, table
from dashboards.grafana.timeline import timeline
from dashboards.overview.scope import ONE_TARGET, UP
from dashboards.promql import (
    explore_any,
    since,
)

WRONG = Row(
    "What is down",
    [
        table(
            "Targets",
            "What is down, for which share of those who try, and for how long somebody has not "
            "reached it, in the time shown. All: it is the target. One: it is that node, or its "
            "path.",
            {"check": "Check", "target": "Target", "address": "Address", "zone": "Zone"},
            Column("Missed by", f"count by ({ONE_TARGET}, zone) ({UP} == 0)", scale=ANY_IS_BAD),
            Column("Of", f"count by ({ONE_TARGET}, zone) ({UP})"),
            Column("Share", f"1 - avg by ({ONE_TARGET}, zone) ({UP})", "percentunit", LOSS),
            Column("For", since(f"min by ({ONE_TARGET}, zone) ({UP})"), "s"),
            sort="Share",
            links=explore_any(check="Check", target="Target"),
            runbook="NetwatchTargetDown",
        ),
        table(
            "Nodes that see it",
            "Who does not reach what it tries to, and for how long it has not reached all of it. "
            "One node with many targets down is itself the trouble.",
            {"node": "Node", "node_zone": "Zone"},
            Column("Targets down", f"count by (node, node_zone) ({UP} == 0)", scale=ANY_IS_BAD),
            Column("Of", f"count by (node, node_zone) ({UP})"),
            Column("Share", f"1 - avg by (node, node_zone) ({UP})", "percentunit", LOSS),
            Column("For", since(f"min by (node, node_zone) ({UP})"), "s"),
            sort="Share",
            links=explore_any(node="Node"),
            runbook="NetwatchNodeMissesTargets",
        ),
        timeline(
            "Targets that were down",
            "For each target that somebody did not reach in the time shown: the share of those "
            "who try that reach it. Empty where nothing was down.",
            Query(
                f"avg by (check, target) ({UP}) and on (check, target) (min by (check, target) "
                f"(min_over_time({UP}[$__range])) == 0)",
                "{{check}} {{target}}",
            ),
            unit="percentunit",
            scale=SUCCESS,
            runbook="NetwatchNodeUnreachable",
        ),
    ],
)

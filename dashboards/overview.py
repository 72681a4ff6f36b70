"""The first dashboard to open: is anything wrong, where, and at which end."""

from dashboards.grafana.dashboard import Dashboard, Row
from dashboards.grafana.graph import graph
from dashboards.grafana.matrix import matrix
from dashboards.grafana.panel import RUNBOOKS, Query
from dashboards.grafana.scale import ANY_IS_BAD, ANY_IS_NEWS, GRADIENT, LOSS, SUCCESS
from dashboards.grafana.stat import stat
from dashboards.grafana.table import Column, table
from dashboards.grafana.timeline import timeline
from dashboards.grafana.variable import Variable
from dashboards.promql import (
    CLUSTER,
    EACH,
    EVERYWHERE,
    NODE,
    Scope,
    checks_of,
    explore,
    explore_any,
    gone,
    loss,
    mean,
    or_zero,
    per_second,
    quantiles,
    since,
    zones_of,
)

CHECK, ZONE = checks_of("netwatch_target_state"), zones_of("netwatch_target_state")
MESH = Variable(
    name="mesh",
    label="check",
    title="Check of the maps",
    family="netwatch_icmp_packets_sent_total",
    first="nodes",
)

AGENTS = Scope((*EVERYWHERE, NODE))
PAIRS = Scope((*EVERYWHERE, NODE, CHECK, ZONE))
MAP = Scope((*EVERYWHERE, NODE, ZONE, MESH))

ALERTS = Scope((CLUSTER,))

UP = PAIRS("netwatch_target_up")
ONE_TARGET = "check, target, address"
OURS = 'alertname=~"Netwatch.*"'
ALERT = {
    "alertname": "Alert",
    "alertstate": "State",
    "severity": "Severity",
    "node": "Node",
    "check": "Check",
    "target": "Target",
}
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

ALERTING = Row(
    "Alerts",
    [
        table(
            "Alerts that fire, and that may soon",
            "Firing: somebody was told. Pending: it is so, and not yet for long enough. A click on "
            "a row leads to what to do about it. Empty where all is well, or where this Prometheus "
            "has no rules of netwatch.",
            ALERT,
            Column(
                "For",
                f"time() - min by ({', '.join(ALERT)}) ({ALERTS('ALERTS', OURS)} * ignoring "
                f"(alertstate) group_left () {ALERTS('ALERTS_FOR_STATE', OURS)})",
                "s",
            ),
            sort="State",
            smallest_first=True,
            links={"Runbook": f'{RUNBOOKS}/${{__data.fields["Alert"]:percentencode}}.md'},
            width=24,
            height=7,
        ),
    ],
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

MAPS = Row(
    "Maps",
    [
        matrix(
            "Packets lost between nodes",
            "A row is who pings, a column who is pinged; share lost in the last five minutes. A "
            "red row is a node that reaches nobody, a red column one that nobody reaches. Empty "
            "cells are pairs that are not probed all the time.",
            f"max by (node, target) ({loss(MAP, 'node, address, target', EACH, window='5m')})",
            rows="node",
            columns="target",
            unit="percentunit",
            scale=LOSS,
            runbook="NetwatchPairLossy",
        ),
        matrix(
            "Round-trip time between nodes",
            "Mean of the last 30 packets. A cell without a time has no answer.",
            f"max by (node, target) ({MAP('netwatch_icmp_rtt_mean_seconds', EACH)})",
            rows="node",
            columns="target",
            unit="s",
            scale=GRADIENT,
        ),
        matrix(
            "Packets lost between zones",
            "All pairs, also those that are only probed in their turn.",
            loss(MAP, "node_zone, zone", window="5m"),
            rows="node_zone",
            columns="zone",
            unit="percentunit",
            scale=LOSS,
            height=7,
            runbook="NetwatchZonePathLossy",
        ),
        matrix(
            "Round-trip time between zones",
            "Mean of the last five minutes, of all pairs.",
            mean(MAP, "netwatch_icmp_rtt_seconds", "node_zone, zone", window="5m"),
            rows="node_zone",
            columns="zone",
            unit="s",
            scale=GRADIENT,
            height=7,
            runbook="NetwatchZonePathSlow",
        ),
    ],
)

ONE_PAIR = {"check": "Check", "node": "From", "target": "To"}
PAIR_LABELS = ", ".join(ONE_PAIR)
LOST = loss(PAIRS, PAIR_LABELS, EACH, window="5m")


def _rtt(which: str) -> str:
    return f"max by ({PAIR_LABELS}) ({PAIRS(f'netwatch_icmp_rtt_{which}_seconds', EACH)})"


WORST = Row(
    "Worst pairs",
    [
        table(
            "Most packets lost",
            "The 20 pairs that lose the largest share, in the last five minutes.",
            ONE_PAIR,
            Column("Lost", f"topk(20, {LOST} > 0)", "percentunit", LOSS),
            Column("Mean", _rtt("mean"), "s"),
            Column("Largest", _rtt("max"), "s"),
            sort="Lost",
            links=explore(check="Check", node="From", target="To"),
            runbook="NetwatchPairLossy",
        ),
        table(
            "Slowest",
            "The 20 pairs with the longest round trips, over their last 30 packets.",
            ONE_PAIR,
            Column("Mean", f"topk(20, {_rtt('mean')})", "s", GRADIENT),
            Column("Largest", _rtt("max"), "s"),
            Column("Deviation", _rtt("stddev"), "s"),
            Column("Lost", LOST, "percentunit", LOSS),
            sort="Mean",
            links=explore(check="Check", node="From", target="To"),
        ),
    ],
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

OVERVIEW = Dashboard(
    uid="netwatch-overview",
    title="netwatch / Overview",
    description="Is anything wrong in the network, where, and at which end.",
    variables=[*EVERYWHERE, NODE, CHECK, ZONE, MESH],
    rows=[NOW, ALERTING, WRONG, MAPS, WORST, HISTORY],
)

"""From each node or zone to each other one."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.matrix import matrix
from dashboards.grafana.scale import GRADIENT, LOSS
from dashboards.overview.scope import MAP
from dashboards.promql import (
    EACH,
    loss,
    mean,
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

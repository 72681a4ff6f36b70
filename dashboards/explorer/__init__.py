"""Pings from whom to whom: one pair, one node, one target, or all together."""

from dashboards.explorer.external import EXTERNAL_FROM_EACH, EXTERNAL_TOGETHER
from dashboards.explorer.nodes import FROM_EACH, SUMMARY, TO_EACH, TOGETHER
from dashboards.explorer.oddities import ODDITIES
from dashboards.explorer.scope import CHOICE, EXTERNAL, PEER
from dashboards.grafana.dashboard import Dashboard

EXPLORER = Dashboard(
    uid="netwatch-explorer",
    title="netwatch / Explorer",
    description="Pings by source and destination: between nodes, and from nodes to all else.",
    variables=[*CHOICE, PEER, EXTERNAL],
    rows=[
        SUMMARY,
        TOGETHER,
        FROM_EACH,
        TO_EACH,
        EXTERNAL_TOGETHER,
        EXTERNAL_FROM_EACH,
        ODDITIES,
    ],
)

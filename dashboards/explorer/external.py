"""Pings from nodes to whatever is none: gateways, and what lies beyond them."""

from dashboards.explorer.pairs import lines, states, summary
from dashboards.explorer.scope import EXTERNALS
from dashboards.grafana.dashboard import Row

EXTERNAL_TOGETHER = Row(
    "External, from all nodes that are chosen",
    [
        summary(EXTERNALS, "Pings to external targets in the time shown"),
        states(EXTERNALS, "States of external targets that were not well"),
        *lines(EXTERNALS, "target"),
    ],
)
EXTERNAL_FROM_EACH = Row(
    "External, from $node", lines(EXTERNALS, "target"), repeat="node", is_closed=True
)

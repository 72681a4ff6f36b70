"""Which pings the explorer is about: those of nodes, and those of whatever else is pinged."""

from dashboards.grafana.variable import Derived
from dashboards.promql import (
    EACH,
    EVERYWHERE,
    NODE,
    Scope,
    checks_of,
    targets_of,
    zones_of,
)

PINGED = "netwatch_icmp_packets_sent_total"
WHERE = (*EVERYWHERE, NODE, checks_of(PINGED), zones_of(PINGED))
CHOICE = (*WHERE, targets_of(PINGED))
"""What the reader chooses."""


def _names(scope: Scope, *more: str) -> str:
    return f"group by (target) (last_over_time({scope(PINGED, EACH, *more)}[$__range]))"


# Alerts go by the same two conventions: docs/alerts.md. A day, since a dead node is one still.
_OF_AGENTS = (
    'group by (target) (label_join(last_over_time(netwatch_build_info{cluster=~"$cluster"}[1d]), '
    '"target", "", "node"))'
)
_OF_CHECKS_OF_NODES = _names(Scope(EVERYWHERE), 'check=~"nodes.*"')
_NODES = f"({_OF_AGENTS} or {_OF_CHECKS_OF_NODES})"
_CHOSEN = _names(Scope(CHOICE))

PEER = Derived(name="peer", label="target", expression=f"{_CHOSEN} and {_NODES}")
"""Targets that are nodes: an agent runs there by this name, or a check of nodes has it."""
EXTERNAL = Derived(name="external", label="target", expression=f"{_CHOSEN} unless {_NODES}")
"""All other targets, also of a check that pings both."""

NODES = Scope((*WHERE, PEER))
EXTERNALS = Scope((*WHERE, EXTERNAL))
ALL = Scope(CHOICE)
TURNS = Scope(WHERE)
"""What is only pinged in its turn is counted by zone, without the names of targets."""

"""Which series the overview is about."""

from dashboards.grafana.variable import Variable
from dashboards.promql import (
    CLUSTER,
    EVERYWHERE,
    NODE,
    Scope,
    checks_of,
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

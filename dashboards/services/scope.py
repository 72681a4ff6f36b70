"""The series that the dashboard of services is about: those of all probes that make attempts."""

from dashboards.promql import EVERYWHERE, NODE, Scope, checks_of, targets_of

ASKED = "netwatch_probe_attempts_total"
CHOSEN = Scope((*EVERYWHERE, NODE, checks_of(ASKED), targets_of(ASKED)))
UP = CHOSEN("netwatch_target_up", 'probe!="icmp"')

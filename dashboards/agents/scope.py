"""Which agents the dashboard is about, and how their figures are asked for."""

from dashboards.promql import EVERYWHERE, NODE, Scope, per_second

CHOSEN = Scope((*EVERYWHERE, NODE))
SOURCE_AGE = CHOSEN("netwatch_source_age_seconds")
AGENT = "{{node}} {{network}}"


def rate(family: str, by: str = "node, network") -> str:
    """Return how fast a counter of the agents grows."""
    return per_second(CHOSEN, family, by)


def largest(family: str) -> str:
    """Return a figure of each agent."""
    return f"max by (node, network) ({CHOSEN(family)})"

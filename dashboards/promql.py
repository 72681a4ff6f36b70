"""PromQL that several dashboards have in common, and the variables that choose its series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.grafana.panel import Query
from dashboards.grafana.timeline import States
from dashboards.grafana.variable import AnyVariable, Variable

CLUSTER = Variable(name="cluster", label="cluster", title="Cluster", family="netwatch_build_info")
JOB = Variable(name="job", label="job", title="Job", family="netwatch_build_info")
NETWORK = Variable(
    name="network", label="network", title="Seen from the network of", family="netwatch_build_info"
)
EVERYWHERE = (CLUSTER, JOB, NETWORK)
"""Variables of all dashboards."""

NODE = Variable(name="node", label="node", title="Seen from", family="netwatch_build_info")


def checks_of(family: str) -> Variable:
    """Return the choice of checks that have such series."""
    return Variable(name="check", label="check", title="Check", family=family)


def zones_of(family: str) -> Variable:
    """Return the choice of zones in which targets with such series are."""
    return Variable(name="zone", label="zone", title="Zone of the target", family=family)


def targets_of(family: str) -> Variable:
    """Return the choice of targets that have such series."""
    return Variable(name="target", label="target", title="Target", family=family)


STATES = States(
    {"new": "text", "up": "green", "degraded": "orange", "down": "red", "leaving": "purple"}
)
"""Those of a target: docs/metrics.md."""

EACH = 'target!=""'
"""Series of one target, and not the sum of those in a zone that are probed in their turn."""

RATE = "$__rate_interval"
"""Grafana's choice of a window that has enough scrapes in it."""


@dataclass(frozen=True)
class Scope:
    """The series that the variables of a dashboard choose: `pairs("netwatch_target_up")`."""

    variables: Sequence[AnyVariable]
    only: str = ""
    """What is put after a vector to leave out series that no label tells apart."""

    def __call__(self, family: str, *more: str) -> str:
        """Return the selector of the family, with `more` matchers."""
        matchers = [variable.matcher() for variable in self.variables]
        return f"{family}{{{','.join([*matchers, *more])}}}"


def per_second(scope: Scope, family: str, by: str, *more: str, window: str = RATE) -> str:
    """Return how fast counters grow, summed up by these labels."""
    return f"sum by ({by}) (rate({scope(family, *more)}[{window}]){scope.only})"


def ratio(part: str, whole: str) -> str:
    """Return a part of a whole; there is none where there is no whole."""
    return f"{part} / ({whole} > 0)"


def missing(part: str, whole: str) -> str:
    """Return the share of a whole that is not in the part, without the dust of floating point."""
    return f"round(1 - {ratio(part, whole)}, 0.000001)"


def loss(scope: Scope, by: str, *more: str, window: str = RATE) -> str:
    """Return the share of pings without an answer, but for those that failed by our own fault.

    What was lost is what is missing of the sent: errors are counted by reason, and a counter that
    begins with its first error hides that one from rate().
    """
    settled = '__name__=~"netwatch_icmp_(packets_received|errors)_total"', 'reason=~"|local"'
    return missing(
        per_second(scope, "", by, *settled, *more, window=window),
        per_second(scope, "netwatch_icmp_packets_sent_total", by, *more, window=window),
    )


def success(scope: Scope, by: str, *more: str, window: str = RATE) -> str:
    """Return the share of attempts that end as expected."""
    return ratio(
        per_second(scope, "netwatch_probe_successes_total", by, *more, window=window),
        per_second(scope, "netwatch_probe_attempts_total", by, *more, window=window),
    )


def mean(scope: Scope, family: str, by: str, *more: str, window: str = RATE) -> str:
    """Return the mean of a histogram or summary."""
    return ratio(
        per_second(scope, f"{family}_sum", by, *more, window=window),
        per_second(scope, f"{family}_count", by, *more, window=window),
    )


def quantile(share: float, scope: Scope, family: str, by: str, *more: str) -> str:
    """Return a quantile of a histogram; there is none where nothing was observed."""
    buckets = per_second(scope, f"{family}_bucket", f"{by}, le" if by else "le", *more)
    return f"histogram_quantile({share}, {buckets}) >= 0"


def quantiles(scope: Scope, family: str) -> Iterator[Query]:
    """Yield the median and the 99th percentile, by check."""
    for share in (0.5, 0.99):
        expression = quantile(share, scope, family, "check")
        yield Query(expression, f"{{{{check}}}} p{share * 100:.0f}")


def coded(states: States, scope: Scope, family: str, by: str, *more: str) -> str:
    """Return the number of the state, where each state has a series; the worst counts."""
    numbered = (
        f"""{scope(family, f'state="{state}"', *more)} * {states.code(state)}"""
        for state in states.colors
    )
    return f"max by ({by}) ({' or '.join(numbered)})"


def or_zero(expression: str) -> str:
    """Return 0 where there is no series to count."""
    return f"({expression}) or vector(0)"


def gone(agents: str) -> str:
    """Return how many agents were there in the time shown, and are not now; none of none."""
    by = "by (cluster, node, network)"
    return f"count(group {by} (last_over_time({agents}[$__range])) unless group {by} ({agents}))"


def since(well: str) -> str:
    """Return for how many seconds of the time shown this has not been 1, up to now.

    What was not 1 in all that time, or began later, counts from the first value.
    """
    all_the_time = "[$__range:$__interval]"
    return (
        f"time() - (max_over_time(timestamp({well} == 1){all_the_time}) "
        f"or min_over_time(timestamp({well}){all_the_time}))"
    )


def explore(**columns: str) -> dict[str, str]:
    """Return the link from a row to the explorer: its variables, by the columns of the table."""
    return {"Pings": _address("explorer", columns)}


def attempts(**columns: str) -> dict[str, str]:
    """Return the link from a row to the services, in the same way."""
    return {"Attempts": _address("services", columns)}


def explore_any(**columns: str) -> dict[str, str]:
    """Return the links from a row that may be about pings, and may be about attempts."""
    return explore(**columns) | attempts(**columns)


def _address(dashboard: str, columns: Mapping[str, str]) -> str:
    kept = [f"${{{name}:queryparam}}" for name in ("datasource", "cluster", "job", "network")]
    chosen = [
        f'var-{name}=${{__data.fields["{title}"]:percentencode}}' for name, title in columns.items()
    ]
    return f"/d/netwatch-{dashboard}?{'&'.join(['${__url_time_range}', *kept, *chosen])}"

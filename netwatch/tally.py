"""What is counted of one target's attempts, and the metric families that show it; pure."""

from collections.abc import Iterable, Mapping

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram, Summary
from netwatch.model import Outcome, Result
from netwatch.net.tls import TLS_FAMILIES

ATTEMPT_FAMILIES = (
    Family(
        name="netwatch_probe_attempts_total",
        kind=Kind.COUNTER,
        help="Attempts at the target that have ended: successes + failures.",
        key="attempts",
    ),
    Family(
        name="netwatch_probe_successes_total",
        kind=Kind.COUNTER,
        help="Attempts that ended as expected.",
        key="successes",
    ),
    Family(
        name="netwatch_probe_failures_total",
        kind=Kind.COUNTER,
        help="Attempts that did not end as expected, or not by the target's fault (reason local).",
        key="failures",
        label="reason",
    ),
    Family(
        name="netwatch_probe_duration_seconds",
        kind=Kind.HISTOGRAM,
        help="Time that successful attempts took, all phases together.",
        key="duration",
        unit="seconds",
    ),
    Family(
        name="netwatch_probe_phase_seconds",
        kind=Kind.SUMMARY,
        help="Time that successful attempts spent in each of their phases.",
        key="phases",
        label="phase",
        unit="seconds",
    ),
    *TLS_FAMILIES,
)
"""Whatever the probe is; to these are added those that several probes share."""

Value = float | Mapping[str, float]


class AttemptTally:
    """Counters of one target, and the values of its latest attempt; durations in seconds.

    The families of its probe find their values here by their keys, as attributes. Where a family
    is a counter, what each attempt says is added up.
    """

    __slots__ = (
        "_counters",
        "_durations",
        "_values",
        "duration",
        "failures",
        "phases",
        "successes",
    )

    def __init__(self, families: Iterable[Family] = ()) -> None:
        """`families` are those of the probe."""
        self.duration: Histogram | None = None
        self.successes = 0
        self.failures: dict[str, int] = {}
        self.phases: dict[str, Summary] = {}
        self._durations: Histogram | None = None
        self._values: dict[str, Value] = {}
        self._counters = frozenset(family.key for family in families if family.kind is Kind.COUNTER)

    def __getattr__(self, key: str) -> Value:
        try:
            return self._values[key]
        except KeyError:
            raise AttributeError(key) from None

    @property
    def attempts(self) -> int:
        return self.successes + sum(self.failures.values())

    def count(self, result: Result) -> None:
        """Count an attempt; a failed one has no part in any duration."""
        if result.outcome is Outcome.OK:
            self._succeed(result)
        else:
            self.failures[result.outcome] = self.failures.get(result.outcome, 0) + 1
        self._keep(result.values)

    def count_into(self, durations: Histogram, *, shown: bool) -> None:
        """Count durations into this histogram; `duration` is it only where it is the target's."""
        self._durations = durations
        self.duration = durations if shown else None

    def _succeed(self, result: Result) -> None:
        self.successes += 1
        if self._durations is not None and result.duration is not None:
            self._durations.observe(result.duration)
        for phase, seconds in result.phases.items():
            self.phases.setdefault(phase, Summary()).observe(seconds)

    def _keep(self, values: Mapping[str, Value]) -> None:
        sums = {key: self._values[key] for key in self._counters & self._values.keys()}
        for key in self._counters & values.keys():
            sums[key] = _sum(sums[key], values[key]) if key in sums else values[key]
        self._values = {**values, **sums}


def _sum(before: Value, now: Value) -> Value:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return {key: before.get(key, 0) + now.get(key, 0) for key in {**before, **now}}
    if isinstance(before, Mapping) or isinstance(now, Mapping):
        raise TypeError(f"found {now!r} after {before!r}, expected both with a label or without")
    return before + now

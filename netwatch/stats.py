"""Figures over the latest values: windows, percentiles, worst of late; pure."""

import math
from collections.abc import Iterable, Sequence

WINDOW = 30
"""How many of the latest packets minimum, maximum, mean and deviation look at."""

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `ordered` lies, by nearest rank; never invents one.

    `ordered` is ascending and not empty.
    """
    rank = math.ceil(share * len(ordered))
    return ordered[max(rank, 1) - 1]


def figures(values: Sequence[float]) -> dict[str, float] | None:
    """Return min, mean, percentiles, max and population stddev of all; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    mean = math.fsum(ordered) / len(ordered)
    variance = math.fsum((value - mean) ** 2 for value in ordered) / len(ordered)
    ranks = {name: percentile(ordered, share) for name, share in PERCENTILES.items()}
    spread = {"max": ordered[-1], "stddev": math.sqrt(variance)}
    return {"min": ordered[0], "mean": mean, **ranks, **spread}


def summary(values: Iterable[float]) -> tuple[float, float, float, float] | None:
    """Return minimum, maximum, mean and population standard deviation of those that are not NaN.

    None where there are none.
    """
    known = [value for value in values if value == value]  # noqa: PLR0124  # not NaN
    if not known:
        return None
    mean = math.fsum(known) / len(known)
    variance = math.fsum((value - mean) ** 2 for value in known) / len(known)
    return min(known), max(known), mean, math.sqrt(variance)


class WorstRecent:
    """The largest value of the last half to whole minute: what a scrape would otherwise miss."""

    _HALF_SECONDS = 30.0

    def __init__(self) -> None:
        self._half = -math.inf
        self._before = self._latest = 0.0

    def observe(self, value: float, now: float) -> None:
        """Take in a value at `now`, monotonic seconds."""
        self._move_on(now)
        self._latest = max(self._latest, value)

    def at(self, now: float) -> float:
        """Return the largest value of late, 0 if there was none."""
        self._move_on(now)
        return max(self._before, self._latest)

    def _move_on(self, now: float) -> None:
        half = now // self._HALF_SECONDS
        if half != self._half:
            self._before = self._latest if half == self._half + 1 else 0.0
            self._latest = 0.0
            self._half = half

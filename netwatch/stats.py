"""Figures over the latest values: windows, percentiles, worst of late; pure."""

import math
from array import array
from collections.abc import Sequence

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


class Window:
    """The latest `WINDOW` values of one target; a lost packet has its place as NaN."""

    __slots__ = ("_next", "_values")

    def __init__(self) -> None:
        self._values = array("d", (math.nan,)) * WINDOW
        self._next = 0

    def push(self, value: float) -> None:
        """Take in a value, and let go of the oldest."""
        self._values[self._next] = value
        self._next = (self._next + 1) % WINDOW

    def summary(self) -> tuple[float, float, float, float] | None:
        """Return minimum, maximum, mean and population standard deviation; None without values."""
        known = [value for value in self._values if value == value]  # noqa: PLR0124  # not NaN
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

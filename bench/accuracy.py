"""How wrong measured round-trip times are, against the rig's record; pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netwatch.stats import percentile
from tests.rig.records import Record

NEAR_SECONDS = 0.4
"""A measurement belongs to the request that left as close to it: they are sent once a second."""


class Measured(NamedTuple):
    """What a prober says of one answered request; `started` is in seconds since the epoch."""

    destination: str
    started: float
    rtt_seconds: float


class UnmatchedError(Exception):
    """A prober measured what never left."""


def errors(measured: Iterable[Measured], records: Iterable[Record]) -> list[float]:
    """Return by how much each differs from what the rig held it for, in seconds, ascending.

    Raises UnmatchedError where there is no record of the request.
    """
    departures: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        departures[record.destination].append(record)
    return sorted(
        abs(one.rtt_seconds - _held_seconds(_record_of(one, departures[one.destination])))
        for one in measured
    )


def _record_of(one: Measured, departures: Sequence[Record]) -> Record:
    """Return the request nearest in time; the records are in the order of leaving."""
    started_ns = one.started * 1e9
    place = bisect_left(departures, started_ns, key=lambda record: record.out_ns)
    near = departures[max(place - 1, 0) : place + 1]
    found = min(near, key=lambda record: abs(record.out_ns - started_ns), default=None)
    if found is None or abs(found.out_ns - started_ns) > NEAR_SECONDS * 1e9:
        raise UnmatchedError(f"nothing left for {one.destination} at {one.started}")
    return found


def _held_seconds(record: Record) -> float:
    return (record.in_ns - record.out_ns) / 1e9


def spread(ascending: Sequence[float]) -> tuple[str, str, str]:
    """Return median, 99th percentile and largest of seconds, in microseconds to be read."""
    if not ascending:
        return ("-", "-", "-")
    middle, high = percentile(ascending, 0.5), percentile(ascending, 0.99)
    return (f"{middle * 1e6:.1f}", f"{high * 1e6:.1f}", f"{ascending[-1] * 1e6:.0f}")

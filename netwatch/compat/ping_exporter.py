"""The series of the ping-exporter, by its names and in its milliseconds, so its dashboards go on.

Only `icmp` checks count. Its labels do not tell checks and addresses apart: of the targets that
would be one series the one whose check comes first is shown, and among those the one that joined
first. A counter begins at 0 with each target that it shows, which Prometheus takes for a restart.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from netwatch.endpoint import Endpoint
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram
from netwatch.exposition.table import Row, Table
from netwatch.model import Batch, Outcome, Sink, Target
from netwatch.net.ping.tally import PingTally, count_batch

PROBE = "icmp"


def _families(prefix: str) -> tuple[Family, ...]:
    """Describe what is shown of a destination; the keys are attributes of `Pings`."""
    counters = (
        ("packets_sent_total", "sent", "ICMP packets sent"),
        ("packets_received_total", "received", "ICMP packets received"),
        ("rtt_milliseconds_total", "rtt_total", "Sum of the round-trip times in milliseconds"),
    )
    gauges = (
        ("rtt_min", "rtt_min", "Smallest round-trip time"),
        ("rtt_max", "rtt_max", "Largest round-trip time"),
        ("rtt_mdev", "rtt_mdev", "Population standard deviation of the round-trip times"),
    )
    latest = "of the last 30 packets in milliseconds; 0 when none came back."
    return (
        *(
            Family(name=f"{prefix}_{name}", kind=Kind.COUNTER, key=key, help=f"{text}.")
            for name, key, text in counters
        ),
        *(
            Family(name=f"{prefix}_{name}", kind=Kind.GAUGE, key=key, help=f"{text} {latest}")
            for name, key, text in gauges
        ),
    )


NODE_FAMILIES = _families("kube_node_ping")
EXTERNAL_FAMILIES = _families("external_ping")
EXPORTER_FAMILIES = (
    Family(
        name="kube_node_ping_exceptions_total",
        kind=Kind.COUNTER,
        help="Packets that failed by our own fault; they say nothing about a destination.",
        key="exceptions",
    ),
)


class Pings:
    """What is shown of one destination."""

    __slots__ = ("_durations", "tally")

    def __init__(self) -> None:
        self.tally = PingTally()
        # Without bounds it is a sum: the target's own histogram may be shared, or off.
        self._durations = Histogram(())
        self.tally.count_into(self._durations, shown=False)

    @property
    def sent(self) -> int:
        return self.tally.sent

    @property
    def received(self) -> int:
        return self.tally.received

    @property
    def rtt_total(self) -> float:
        return self._durations.sum * 1000

    @property
    def rtt_min(self) -> float | None:
        return self._milliseconds(self.tally.rtt_min)

    @property
    def rtt_max(self) -> float | None:
        return self._milliseconds(self.tally.rtt_max)

    @property
    def rtt_mdev(self) -> float | None:
        return self._milliseconds(self.tally.rtt_stddev)

    def _milliseconds(self, seconds: float | None) -> float | None:
        """Return 0 where packets went out and nothing came back, as the ping-exporter says it."""
        if seconds is None:
            return 0 if self.tally.sent else None
        return seconds * 1000


@dataclass(frozen=True, slots=True)
class _Destination:
    """What tells the series of one destination from those of another."""

    is_node: bool
    name: str
    place: str
    """A node's address, or the host of another destination, as its source said it."""

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        place = endpoint.address if endpoint.is_node else endpoint.host
        return cls(endpoint.is_node, endpoint.name, place or endpoint.host)

    @property
    def labels(self) -> dict[str, str]:
        if self.is_node:
            return {"destination_node": self.name, "destination_node_ip_address": self.place}
        return {"destination_name": self.name, "destination_host": self.place}


class PingExporterSink(Sink):
    """Keeps the series of the targets in tables, ready to be rendered; shows none at first."""

    def __init__(self) -> None:
        self.exceptions = 0
        self._exporter = Table(EXPORTER_FAMILIES)
        self._exporter_row: Row | None = None
        self._nodes = Table(NODE_FAMILIES)
        self._externals = Table(EXTERNAL_FAMILIES)
        self._ranks: dict[str, int] = {}
        self._destinations: dict[Target, _Destination] = {}
        self._rivals: dict[_Destination, list[Target]] = {}
        self._rows: dict[_Destination, tuple[Target, Row]] = {}
        self._pings: dict[Target, Pings] = {}
        self._waiting: list[Batch] | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """What is to be rendered; the same tables for the sink's whole life."""
        return (self._exporter, self._nodes, self._externals)

    def show(self, checks: Sequence[str]) -> None:
        """Show the targets of these checks from now on, the first one first; none is off."""
        self._ranks = {name: rank for rank, name in enumerate(checks)}
        if checks and self._exporter_row is None:
            self._exporter_row = self._exporter.add({}, self)
        if not checks and self._exporter_row is not None:
            self._exporter.remove(self._exporter_row)
            self._exporter_row = None
        for destination in self._rivals:
            self._choose(destination)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let results wait while the tables are rendered in slices; enter it once at a time."""
        self._waiting = []
        try:
            yield
        finally:
            waiting, self._waiting = self._waiting, None
            for batch in waiting:
                self._count(batch)

    def join(self, target: Target) -> None:
        if target.check.probe == PROBE and not target.is_rotating:
            destination = _Destination.of(target.endpoint)
            self._destinations[target] = destination
            self._rivals.setdefault(destination, []).append(target)
            self._choose(destination)

    def change(self, target: Target) -> None:
        if self._destinations.get(target) not in {None, _Destination.of(target.endpoint)}:
            self.leave(target)
            self.join(target)

    def leave(self, target: Target) -> None:
        destination = self._destinations.pop(target, None)
        if destination is not None:
            self._rivals[destination].remove(target)
            self._choose(destination)
            if not self._rivals[destination]:
                del self._rivals[destination]

    def take(self, batch: Batch) -> None:
        if self._waiting is not None:
            self._waiting.append(batch)
        elif self._pings:
            self._count(batch)

    def _choose(self, destination: _Destination) -> None:
        """Show the rival that comes first, and no other."""
        ranks, table = self._ranks, self._nodes if destination.is_node else self._externals
        rivals = [target for target in self._rivals[destination] if target.check.name in ranks]
        first = min(rivals, key=lambda target: ranks[target.check.name], default=None)
        shown = self._rows.get(destination)
        if shown is not None and shown[0] is not first:
            table.remove(shown[1])
            del self._rows[destination], self._pings[shown[0]]
        if first is not None and first not in self._pings:
            pings = self._pings[first] = Pings()
            self._rows[destination] = (first, table.add(destination.labels, pings))

    def _count(self, batch: Batch) -> None:
        pings = [self._pings.get(target) for target in batch.targets]
        count_batch(batch, [None if one is None else one.tally for one in pings])
        for one, outcome in zip(pings, batch.outcomes, strict=True):
            self.exceptions += one is not None and outcome is Outcome.LOCAL

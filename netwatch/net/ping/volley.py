"""Requests that go out together, in columns that were made once and serve each beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netwatch.net.ping.epoch import Flow


@dataclass(frozen=True, slots=True, eq=False)
class Volley:
    """One request of each flow: to a `struct sockaddr` of `names`, in packed `addresses`."""

    flows: Sequence[Flow]
    names: bytes
    addresses: bytes

    @classmethod
    def of(cls, flows: Sequence[Flow]) -> Self:
        """Lay out the columns."""
        names = b"".join(flow.name for flow in flows)
        return cls(flows, names, b"".join(flow.packed_address for flow in flows))

    @classmethod
    def joined(cls, volleys: Sequence[Self]) -> Self:
        """Return all of them as one; a single one as it is."""
        if len(volleys) == 1:
            return volleys[0]
        return cls(
            [flow for volley in volleys for flow in volley.flows],
            b"".join(volley.names for volley in volleys),
            b"".join(volley.addresses for volley in volleys),
        )

    def __len__(self) -> int:
        """How many requests."""
        return len(self.flows)

    def part(self, start: int, end: int) -> "Volley":
        """Return some of the requests, as a slice does."""
        if start == 0 and end >= len(self):
            return self
        name, address = self._widths()
        return Volley(
            self.flows[start:end],
            self.names[start * name : end * name],
            self.addresses[start * address : end * address],
        )

    def _widths(self) -> tuple[int, int]:
        return len(self.names) // len(self), len(self.addresses) // len(self)


class Backlog:
    """Volleys that wait for room, the oldest first, each with when it was due."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, Volley]] = []
        self._next = 0
        """Of the first volley, the request to begin with."""

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    @property
    def due(self) -> float:
        """When the oldest request was due; only where something waits."""
        return self._waiting[0][0]

    def add(self, volley: Volley, due: float) -> None:
        """Let a volley wait, unless its last beat waits still: missed beats do not pile up."""
        if len(volley) and all(volley is not known for _, known in self._waiting):
            self._waiting.append((due, volley))

    def take(self, most: int) -> Volley:
        """Return up to `most` of the requests that wait longest."""
        parts: list[Volley] = []
        while self._waiting and most > 0:
            _, volley = self._waiting[0]
            part = volley.part(self._next, self._next + most)
            parts.append(part)
            most -= len(part)
            self._next += len(part)
            if self._next == len(volley):
                del self._waiting[0]
                self._next = 0
        return Volley.joined(parts)

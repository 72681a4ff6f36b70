"""What becomes of the objects of the API, remembered as long as they stay the same."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from netwatch.endpoint import Endpoint, Snapshot

OBJECTS_AT_ONCE = 50
"""All else may go on after so many are read: that takes about a millisecond."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """What becomes of one object; to be read again at `until` (epoch seconds), if ever."""

    endpoints: Snapshot = ()
    until: float | None = None


Read = Callable[[T, float], Reading]
"""Reads an object at a time, in seconds since the epoch."""


class Reader(Protocol[T_contra]):
    """Turns the objects of several queries into one snapshot."""

    @property
    def until(self) -> float | None:
        """When the next object is to be read again, without having changed."""

    async def snapshot(self, known: Sequence[Mapping[str, T_contra]], now: float) -> Snapshot:
        """Return the endpoints of all objects, each known by its UID."""
        ...


class Readings(Generic[T]):
    """Turns objects into a snapshot, and does again only what has to be done again."""

    def __init__(self, read: Read[T]) -> None:
        self._read = read
        self._objects: dict[str, T] = {}
        self._readings: dict[str, Reading] = {}
        self._snapshot: Snapshot = ()
        self.until: float | None = None
        """When the next object is to be read again, without having changed."""

    async def snapshot(self, known: Sequence[Mapping[str, T]], now: float) -> Snapshot:
        """Return the endpoints of all objects; the same tuple where nothing changed."""
        objects = {uid: item for some in known for uid, item in some.items()}
        readings = {uid: self._readings[uid] for uid in objects if uid in self._readings}
        stale = self._stale(objects, now)
        for number, uid in enumerate(stale, start=1):
            readings[uid] = _latest(self._readings.get(uid), self._read(objects[uid], now))
            if number % OBJECTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        is_same = len(readings) == len(self._readings) and all(
            readings[uid] is self._readings.get(uid) for uid in stale
        )
        self._objects, self._readings = objects, readings
        if not is_same:
            self._snapshot = _joined(readings)
            untils = [one.until for one in readings.values() if one.until is not None]
            self.until = min(untils, default=None)
        return self._snapshot

    def _stale(self, objects: Mapping[str, T], now: float) -> list[str]:
        stale = [uid for uid, item in objects.items() if self._objects.get(uid) is not item]
        if self.until is not None and self.until <= now:
            overdue = (
                uid
                for uid, reading in self._readings.items()
                if uid in objects and reading.until is not None and reading.until <= now
            )
            stale = list(dict.fromkeys([*stale, *overdue]))
        return stale


def _latest(before: Reading | None, now: Reading) -> Reading:
    """Return the one before where it says the same: most changes of an object are none for us."""
    return before if before == now else now


def _joined(readings: Mapping[str, Reading]) -> Snapshot:
    """Return all endpoints; of those that are one and the same, the one that came last."""
    found: dict[object, Endpoint] = {}
    for reading in readings.values():
        for endpoint in reading.endpoints:
            found[endpoint.identity, endpoint.host] = endpoint
    return tuple(found.values())

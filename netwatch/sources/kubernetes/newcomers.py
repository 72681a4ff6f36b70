"""Gives time to those who come while we watch, where the API does not say how old they are.

Whoever is there at the start may have been dead for long, and gets none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.sources.kubernetes.life import grace_until
from netwatch.sources.kubernetes.reading import Reader

T = TypeVar("T")


class Newcomers(Generic[T]):
    """A Reader by another one, whose endpoints are `joining` for a time after they came."""

    def __init__(self, reader: Reader[T], grace_seconds: float) -> None:
        self._reader = reader
        self._grace_seconds = grace_seconds
        self._came: dict[object, float] | None = None
        """When each endpoint came, by its identity, in epoch seconds."""
        self._grown_at: float | None = None

    @property
    def until(self) -> float | None:
        """When something is to be read again, or the next newcomer has had its time."""
        times = (self._reader.until, self._grown_at)
        return min((time for time in times if time is not None), default=None)

    async def snapshot(self, known: Sequence[Mapping[str, T]], now: float) -> Snapshot:
        """Return the endpoints of all objects; those that are leaving join no more."""
        found = await self._reader.snapshot(known, now)
        before, at_last = self._came or {}, -math.inf if self._came is None else now
        self._came = {one.identity: before.get(one.identity, at_last) for one in found}
        young = {one.identity: until for one in found if (until := self._until_grown(one, now))}
        self._grown_at = min(young.values(), default=None)
        if not young:
            return found
        return tuple(
            replace(one, state="joining") if one.identity in young else one for one in found
        )

    def _until_grown(self, endpoint: Endpoint, now: float) -> float | None:
        if endpoint.state == "leaving" or self._came is None:
            return None
        return grace_until(self._came[endpoint.identity], self._grace_seconds, now)

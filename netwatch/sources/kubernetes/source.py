"""Publishes what becomes of objects of the Kubernetes API, as they change."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from netwatch.model import Endpoint, Publisher, Snapshot
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.query import Query
from netwatch.net.kubernetes.reflector import Reflector

GATHER_SECONDS = 0.1
"""Changes within this are published together."""
REST_PER_WORK = 20
"""And so many times as long as the work took: a cluster in turmoil costs a twentieth of a core."""
OBJECTS_AT_ONCE = 200
"""All else may go on after so many: that takes some two milliseconds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What becomes of one object; it is to be read again at `until` (seconds since the epoch)."""

    endpoints: Snapshot = ()
    until: float = math.inf


Read = Callable[[T, float], Reading]
"""Reads an object at a time, in seconds since the epoch."""


class ClusterSource(Generic[T]):
    """Says what the API says; while one query fails, its last good answer stays.

    What became of an object is remembered as long as it stays the same, since most do.
    """

    def __init__(
        self,
        cluster: Cluster,
        queries: Sequence[Query[T]],
        read: Read[T],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`wall` is seconds since the epoch."""
        self._cluster = cluster
        self._queries = queries
        self._read = read
        self._wall = wall
        self._readings: dict[str, tuple[T, Reading]] = {}

    async def run(self, publisher: Publisher) -> NoReturn:
        """Publish until cancelled."""
        loop, changed, told = asyncio.get_running_loop(), asyncio.Event(), _Told(publisher)
        with contextlib.ExitStack() as stack:
            followed = [
                stack.enter_context(self._cluster.following(query, changed))
                for query in self._queries
            ]
            while True:
                await self._news(changed)
                began = loop.time()
                await self._tell(told, followed)
                worked_seconds = loop.time() - began
                await asyncio.sleep(max(GATHER_SECONDS, REST_PER_WORK * worked_seconds))

    async def _news(self, changed: asyncio.Event) -> None:
        """Wait for a change, or until something is to be read again."""
        until = min((reading.until for _, reading in self._readings.values()), default=math.inf)
        seconds = None if math.isinf(until) else until - self._wall()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await changed.wait()
        changed.clear()

    async def _tell(self, told: "_Told", followed: Sequence[Reflector[T]]) -> None:
        problem = "; ".join(dict.fromkeys(one.problem for one in followed if one.problem))
        known = [one.objects for one in followed if one.objects is not None]
        is_told_of_all = all(one.objects is not None or one.problem for one in followed)
        snapshot = await self._snapshot(known) if known and is_told_of_all else None
        told.tell(snapshot, problem)

    async def _snapshot(self, known: Sequence[Mapping[str, T]]) -> Snapshot:
        now, before, self._readings = self._wall(), self._readings, {}
        found: dict[object, Endpoint] = {}
        for number, (uid, item) in enumerate(_items(known), start=1):
            remembered = before.get(uid)
            if remembered is None or remembered[0] is not item or remembered[1].until <= now:
                remembered = (item, self._read(item, now))
            self._readings[uid] = remembered
            for endpoint in remembered[1].endpoints:
                found[endpoint.identity, endpoint.host] = endpoint
            if number % OBJECTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return tuple(found.values())


def _items(known: Sequence[Mapping[str, T]]) -> Iterator[tuple[str, T]]:
    for objects in known:
        yield from tuple(objects.items())  # they may change meanwhile


@dataclass(slots=True)
class _Told:
    """Tells a publisher what is news to it."""

    publisher: Publisher
    snapshot: Snapshot | None = None
    problem: str = ""

    def tell(self, snapshot: Snapshot | None, problem: str) -> None:
        is_over = bool(self.problem) and not problem
        is_news = snapshot is not None and (snapshot != self.snapshot or is_over)
        if snapshot is not None and is_news:
            self.publisher.publish(snapshot)
            self.snapshot = snapshot
        if problem and (problem != self.problem or is_news):
            self.publisher.fail(problem)
        self.problem = problem

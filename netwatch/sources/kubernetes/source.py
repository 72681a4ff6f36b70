"""Publishes what becomes of objects of the Kubernetes API, as they change."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from netwatch.endpoint import Publisher, Snapshot
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.query import Query
from netwatch.net.kubernetes.reflector import Reflector
from netwatch.sources.kubernetes.reading import Reader

GATHER_SECONDS = 0.1
"""Changes within this are published together."""
REST_PER_WORK = 40
"""And so many times as long as the work took: a cluster in turmoil costs little of a core."""
MOST_REST_SECONDS = 1.0
"""The work takes longer where others work, too."""

T = TypeVar("T")


class ClusterSource(Generic[T]):
    """Says what the API says; while one query fails, its last good answer stays."""

    def __init__(
        self,
        cluster: Cluster,
        queries: Sequence[Query[T]],
        readings: Reader[T],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`wall` is seconds since the epoch."""
        self._cluster = cluster
        self._queries = queries
        self._wall = wall
        self._readings = readings

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
                rest_seconds = min(REST_PER_WORK * (loop.time() - began), MOST_REST_SECONDS)
                await asyncio.sleep(max(GATHER_SECONDS, rest_seconds))

    async def _news(self, changed: asyncio.Event) -> None:
        """Wait for a change, or until something is to be read again."""
        until = self._readings.until
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if until is None else until - self._wall()):
                await changed.wait()
        changed.clear()

    async def _tell(self, told: "_Told", followed: Sequence[Reflector[T]]) -> None:
        problem = "; ".join(dict.fromkeys(one.problem for one in followed if one.problem))
        known = [one.objects for one in followed if one.objects is not None]
        is_told_of_all = all(one.objects is not None or one.problem for one in followed)
        if known and is_told_of_all:
            snapshot = await self._readings.snapshot(known, self._wall())
            await asyncio.sleep(0)  # with thousands, to make one and to take it are 10 ms each
            told.tell(snapshot, problem)
        else:
            told.tell(None, problem)


@dataclass(slots=True)
class _Told:
    """Tells a publisher what is news to it."""

    publisher: Publisher
    snapshot: Snapshot | None = None
    problem: str = ""

    def tell(self, snapshot: Snapshot | None, problem: str) -> None:
        is_over = bool(self.problem) and not problem
        if snapshot is not None and (snapshot != self.snapshot or is_over):
            self.publisher.publish(snapshot, still_fails=bool(problem))
            self.snapshot = snapshot
        if problem and problem != self.problem:
            self.publisher.fail(problem)
        self.problem = problem

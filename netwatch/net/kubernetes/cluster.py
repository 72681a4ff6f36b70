"""One view of the cluster for all of the agent: who asks for the same objects shares them."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.client import import_client
from netwatch.net.kubernetes.query import Query
from netwatch.net.kubernetes.reflector import Reflector

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Shared:
    reflector: Reflector[Any]
    task: asyncio.Task[NoReturn] | None = None


class Cluster:
    """The objects of the API that somebody follows; asks for nothing before that."""

    def __init__(
        self,
        api: Api,
        *,
        spread_seconds: float = 0.0,
        random: Callable[[], float] = random.random,  # noqa: S311 - spreads load, guards nothing
    ) -> None:
        """First lists come within `spread_seconds`: all agents may be starting at once."""
        self._api = api
        self._spread_seconds = spread_seconds
        self._random = random
        self._shared: dict[object, _Shared] = {}
        self._group: asyncio.TaskGroup | None = None

    def __len__(self) -> int:
        """How many queries are kept up with."""
        return len(self._shared)

    def prepare(self) -> None:
        """Import the library now: that takes 50 ms, which would hold up what is measured later."""
        import_client()

    @contextmanager
    def following(self, query: Query[T], changed: asyncio.Event) -> Iterator[Reflector[T]]:
        """Have the objects of a query kept up with; `changed` is set whenever they change."""
        shared = self._shared.get(query.key) or self._begin(query)
        shared.reflector.add_reader(changed)
        try:
            yield shared.reflector
        finally:
            shared.reflector.remove_reader(changed)
            if not shared.reflector.has_readers:
                self._end(query.key)

    async def run(self) -> NoReturn:
        """Keep up with what is followed, until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._group:
                for shared in self._shared.values():
                    self._start(shared)
                while True:
                    await asyncio.Event().wait()
        finally:
            self._group = None
            await self._api.close()

    def _begin(self, query: Query[Any]) -> _Shared:
        first_seconds = self._spread_seconds * self._random()
        reflector = Reflector(self._api, query, first_seconds=first_seconds, random=self._random)
        shared = self._shared[query.key] = _Shared(reflector)
        self._start(shared)
        return shared

    def _start(self, shared: _Shared) -> None:
        if self._group is not None:
            shared.task = self._group.create_task(shared.reflector.run(), name="reflector")

    def _end(self, key: object) -> None:
        shared = self._shared.pop(key)
        if shared.task is not None:
            shared.task.cancel()

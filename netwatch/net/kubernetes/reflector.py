"""Keeps up with some objects of the API: one list, then a watch of what changes.

The list comes in pages, and between two of them all else goes on. The watch goes on from the
version of the list, and each event and bookmark moves that on: after a drop the next watch misses
nothing. Where the server knows the version no more, all is listed again. What was known stays
known while the server is away.

Nothing that a server does makes us ask it in a hot loop: each attempt waits longer than the one
before, until a watch has lasted. A silent stream is given up: the server sends bookmarks once a
minute, and whether a stream without them is still there cannot be told.
"""

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from typing import Generic, NoReturn, TypeVar

from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.backoff import BackOff
from netwatch.net.kubernetes.errors import GONE, ApiError, MalformedAnswerError
from netwatch.net.kubernetes.lines import Lines
from netwatch.net.kubernetes.query import Change, Page, Query

PAGE_OBJECTS = 250
MAX_PAGE_BYTES = 128 * 2**20
LIST_SILENT_SECONDS = 30.0
WATCH_SILENT_SECONDS = 90.0
WATCH_SECONDS = 300.0
"""The server ends a watch after this, or up to twice as long, so that agents do not come as one."""
LASTING_SECONDS = 10.0
"""A watch that lasted so long was well, however it ended."""
SETTLED_SECONDS = 0.1
"""A watch that was not ended by then has begun."""
EVENTS_AT_ONCE = 50
"""All else may go on after so many."""
GATHER_SECONDS = 0.25
"""What a watch says meanwhile is read at once: large clusters have a hundred events a second."""

T = TypeVar("T")


class Reflector(Generic[T]):
    """The objects of a query as they are now; `random` returns numbers in [0, 1)."""

    def __init__(
        self,
        api: Api,
        query: Query[T],
        *,
        first_seconds: float = 0.0,
        random: Callable[[], float] = random.random,  # noqa: S311 - spreads load, guards nothing
    ) -> None:
        """The first list waits for `first_seconds`."""
        self._api = api
        self._query = query
        self._first_seconds = first_seconds
        self._random = random
        self._backoff = BackOff(random)
        self._version = ""
        self._opened_at = math.inf
        self._readers: list[asyncio.Event] = []
        self._objects: dict[str, T] | None = None
        self.problem = ""
        """Why we do not keep up, while that is so."""

    @property
    def objects(self) -> Mapping[str, T] | None:
        """What is known, by uid; None before the first list. It changes while others run."""
        return self._objects

    def add_reader(self, changed: asyncio.Event) -> None:
        """Set `changed` from now on whenever the objects or the problem do, and now."""
        self._readers.append(changed)
        changed.set()

    def remove_reader(self, changed: asyncio.Event) -> None:
        """Set it no more."""
        self._readers.remove(changed)

    @property
    def has_readers(self) -> bool:
        """Whether anybody wants to know."""
        return bool(self._readers)

    async def run(self) -> NoReturn:
        """Keep up until cancelled."""
        await asyncio.sleep(self._first_seconds)
        while True:
            error = await self._keep_up()
            if error.is_version_gone:
                self._version = ""
            if self._has_lasted():
                self._backoff.reset()
            elif error.status != GONE or not self._backoff.is_at_its_beginning:
                # Once is no news: a server forgets old versions, and is asked for all then.
                self._fail(str(error))
            await asyncio.sleep(max(self._backoff.next(), error.retry_after_seconds))

    async def _keep_up(self) -> ApiError:
        """Watch until the watch ends, after a list where that is needed; return why it ended."""
        self._opened_at = math.inf
        try:
            if not self._version:
                await self._list()
            await self._watch()
        except ApiError as error:
            return error
        return ApiError("the API server ends its watches at once")

    def _has_lasted(self) -> bool:
        return asyncio.get_running_loop().time() - self._opened_at >= LASTING_SECONDS

    async def _list(self) -> None:
        found: dict[str, T] = {}
        page = await self._page("")
        found.update(page.objects)
        while page.rest:
            await asyncio.sleep(0)
            page = await self._page(page.rest)
            found.update(page.objects)
        self._objects, self._version, self.problem = found, page.version, ""
        self._tell()

    async def _page(self, rest: str) -> Page[T]:
        params = self._query.params | {"limit": str(PAGE_OBJECTS)}
        if rest:
            params["continue"] = rest
        body = bytearray()
        async with self._api.get(
            self._query.path, params, silent_seconds=LIST_SILENT_SECONDS
        ) as stream:
            async for chunk in stream.pieces():
                body += chunk
                if len(body) > MAX_PAGE_BYTES:
                    found = f"found a list of more than {MAX_PAGE_BYTES} bytes"
                    raise MalformedAnswerError(f"{found}, expected {PAGE_OBJECTS} objects")
        return self._query.codec.page(body)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        params = self._query.params | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": f"{WATCH_SECONDS * (1 + self._random()):.0f}",
        }
        lines = Lines()
        async with self._api.get(
            self._query.path, params, silent_seconds=WATCH_SILENT_SECONDS
        ) as stream:
            self._opened_at = loop.time()
            settled = loop.call_later(SETTLED_SECONDS, self._recover)
            try:
                async for chunk in stream.pieces():
                    for number, line in enumerate(lines.feed(chunk), start=1):
                        self._take(self._query.codec.change(line))
                        if number % EVENTS_AT_ONCE == 0:
                            await asyncio.sleep(0)
                    await stream.gather(GATHER_SECONDS)
            finally:
                settled.cancel()

    def _take(self, change: Change[T]) -> None:
        if change.version:
            self._version = change.version
        if not change.uid or self._objects is None:
            return
        if change.object is None:
            self._objects.pop(change.uid, None)
        else:
            self._objects[change.uid] = change.object
        self._tell()

    def _recover(self) -> None:
        if self.problem:
            self.problem = ""
            self._tell()

    def _fail(self, why: str) -> None:
        if why != self.problem:
            self.problem = why
            self._tell()

    def _tell(self) -> None:
        for changed in self._readers:
            changed.set()

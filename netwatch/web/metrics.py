"""/metrics: rendered in slices between which everything else goes on, into memory first.

A slow client thus never holds up the counters, and sees one moment of them: what is rendered is
held still meanwhile, and only one scrape is rendered at a time.
"""

import asyncio
import time
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from aiohttp import web

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store

SLICE_SECONDS = 0.001
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that the container is gzip
_FASTEST = 1  # level 6 is a third smaller, and three times as much work


class MetricsHandler:
    """Answers GET /metrics, in the dialect that `Accept` prefers, restricted by `name[]`."""

    def __init__(self, store: Store, held: Callable[[], AbstractContextManager[None]]) -> None:
        """`held` keeps the counters still while it is entered."""
        self._store = store
        self._held = held
        self._turn = asyncio.Lock()

    async def handle(self, request: web.Request) -> web.Response:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        is_zipped = accepts_gzip(request.headers.get("Accept-Encoding"))
        async with self._turn:
            with self._held():
                body = await self._render(dialect, names, is_zipped=is_zipped)
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        if is_zipped:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def _render(self, dialect: Dialect, names: frozenset[str], *, is_zipped: bool) -> bytes:
        zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
        parts = []
        slice_end = time.perf_counter() + SLICE_SECONDS
        for text in self._store.render(dialect, names):
            parts.append(zipper.compress(text) if is_zipped else text)
            if time.perf_counter() > slice_end:
                await asyncio.sleep(0)
                slice_end = time.perf_counter() + SLICE_SECONDS
        if is_zipped:
            parts.append(zipper.flush())
        return b"".join(parts)

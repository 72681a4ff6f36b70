"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

import asyncio
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

from aiohttp import ClientConnectionError, hdrs, web

from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Pace, Renderer, Rendering

SCRAPE_SECONDS = 60.0
"""Prometheus has given up by then; a scraper that hangs must not keep its rendering in memory."""
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that the container is gzip
_FASTEST = 1  # level 6 is a third smaller, and three times as much work


class MetricsHandler:
    """Answers GET /metrics, in the dialect that `Accept` prefers, restricted by `name[]`."""

    def __init__(self, store: Store, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        slices = self._store.render(dialect, names)
        is_zipped = accepts_gzip(request.headers.get("Accept-Encoding"))
        if is_zipped:
            headers["Content-Encoding"] = "gzip"
            slices = _zipped(slices)
        rendering = await self._renderer.render((dialect, names, is_zipped), slices)
        response = web.StreamResponse(headers=headers)
        response.content_length = rendering.size_bytes
        try:
            async with asyncio.timeout(SCRAPE_SECONDS):
                await _send(rendering, request, response)
        except TimeoutError:
            if request.transport:
                request.transport.abort()
        return response


async def _send(rendering: Rendering, request: web.Request, response: web.StreamResponse) -> None:
    """Write no faster than the scraper reads; one that leaves meanwhile has had enough."""
    pace = Pace()
    with suppress(ClientConnectionError, ConnectionError):
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            for chunk in rendering.chunks:
                await response.write(chunk)
                await pace.step()
        await response.write_eof()


def _zipped(slices: Iterable[bytes]) -> Iterator[bytes]:
    zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
    for text in slices:
        yield zipper.compress(text)
    yield zipper.flush()

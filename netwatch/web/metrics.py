"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from aiohttp import ClientConnectionError, hdrs, web

from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Pace, Renderer

SCRAPE_SECONDS = 60.0
"""Prometheus has given up by then; a scraper that hangs must not keep its rendering in memory."""


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
        rendering = await self._renderer.render((dialect, names), slices)
        response = web.StreamResponse(headers=headers)
        if accepts_gzip(request.headers.get("Accept-Encoding")):
            response.headers["Content-Encoding"] = "gzip"
            chunks, response.content_length = iter(rendering.zipped), rendering.zipped_bytes
        else:
            chunks, response.content_length = rendering.text(), rendering.text_bytes
        try:
            async with asyncio.timeout(SCRAPE_SECONDS):
                await _send(chunks, request, response)
        except TimeoutError:
            if request.transport:
                request.transport.abort()
        return response


async def _send(
    chunks: Iterable[bytes], request: web.Request, response: web.StreamResponse
) -> None:
    """Write no faster than the scraper reads; one that leaves meanwhile has had enough."""
    pace = Pace()
    with suppress(ClientConnectionError, ConnectionError):
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            for chunk in chunks:
                await response.write(chunk)
                await pace.step()
        await response.write_eof()

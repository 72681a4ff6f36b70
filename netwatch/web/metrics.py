"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

import contextlib

from aiohttp import web

from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Pace, Renderer


class MetricsHandler:
    """Answers GET /metrics, in the dialect that `Accept` prefers, restricted by `name[]`."""

    def __init__(self, store: Store, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        rendering = await self._renderer.render(self._store.render(dialect, names))
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        pieces, length = rendering.plain(), rendering.plain_bytes
        if accepts_gzip(request.headers.get("Accept-Encoding")):
            headers["Content-Encoding"] = "gzip"
            pieces, length = rendering.gzip(), rendering.gzip_bytes
        response = web.StreamResponse(headers=headers)
        response.content_length = length
        # One who leaves early has what he wanted, or will ask again.
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            pace = Pace()
            for piece in () if request.method == "HEAD" else pieces:
                await response.write(piece)
                await pace.step()
        return response

"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

import zlib
from collections.abc import Iterable, Iterator

from aiohttp import web

from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Renderer

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that the container is gzip
_FASTEST = 1  # level 6 is a third smaller, and three times as much work


class MetricsHandler:
    """Answers GET /metrics, in the dialect that `Accept` prefers, restricted by `name[]`."""

    def __init__(self, store: Store, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    async def handle(self, request: web.Request) -> web.Response:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        slices = self._store.render(dialect, names)
        if accepts_gzip(request.headers.get("Accept-Encoding")):
            headers["Content-Encoding"] = "gzip"
            slices = _zipped(slices)
        return web.Response(body=await self._renderer.render(slices), headers=headers)


def _zipped(slices: Iterable[bytes]) -> Iterator[bytes]:
    zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
    for text in slices:
        yield zipper.compress(text)
    yield zipper.flush()

"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Renderer

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that the container is gzip
_FASTEST = 1  # level 6 is a third smaller, and three times as much work


Render = Callable[[Dialect, frozenset[str]], Iterator[bytes]]


class MetricsHandler:
    """Answers GET /metrics, in the dialect that `Accept` prefers, restricted by `name[]`."""

    def __init__(
        self,
        store: Store,
        renderer: Renderer,
        page: Callable[[str], ForeignFamilies | None] = lambda _: None,
    ) -> None:
        """`page` returns what is shown at a path below /metrics."""
        self._store = store
        self._renderer = renderer
        self._page = page

    async def handle(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._store.render)

    async def handle_page(self, request: web.Request) -> web.Response:
        """Answer with the metrics of others at a path of their own; 404 while there are none."""
        page = self._page(request.path)
        if page is None:
            return web.Response(text="nothing is passed on here at this moment\n", status=404)
        return await self._answer(request, page.render_alone)

    async def _answer(self, request: web.Request, render: Render) -> web.Response:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        slices = render(dialect, names)
        if accepts_gzip(request.headers.get("Accept-Encoding")):
            headers["Content-Encoding"] = "gzip"
            slices = _zipped(slices)
        return web.Response(body=await self._renderer.render(slices), headers=headers)


def _zipped(slices: Iterable[bytes]) -> Iterator[bytes]:
    zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
    for text in slices:
        yield zipper.compress(text)
    yield zipper.flush()

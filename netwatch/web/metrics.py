"""/metrics: the store in the dialect, the encoding and the choice of families that were asked for.

How it is rendered without holding up anything is the matter of `netwatch.rendering`.
"""

from collections.abc import Callable, Iterator

from aiohttp import web

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.negotiate import accepts_gzip, choose_dialect
from netwatch.exposition.store import Store
from netwatch.rendering import Renderer
from netwatch.web.sending import PiecewiseResponse

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

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._store.render)

    async def handle_page(self, request: web.Request) -> web.StreamResponse:
        """Answer with the metrics of others at a path of their own; 404 while there are none."""
        page = self._page(request.path)
        if page is None:
            return web.Response(text="nothing is passed on here at this moment\n", status=404)
        return await self._answer(request, page.render_alone)

    async def _answer(self, request: web.Request, render: Render) -> web.StreamResponse:
        dialect = choose_dialect(request.headers.get("Accept"))
        names = frozenset(request.query.getall("name[]", []))
        rendering = await self._renderer.render(render(dialect, names))
        headers = {"Content-Type": dialect.content_type, "Vary": "Accept, Accept-Encoding"}
        pieces, length = rendering.plain(), rendering.plain_bytes
        if accepts_gzip(request.headers.get("Accept-Encoding")):
            headers["Content-Encoding"] = "gzip"
            pieces, length = rendering.gzip(), rendering.gzip_bytes
        return PiecewiseResponse(
            iter(()) if request.method == "HEAD" else pieces,
            body_bytes=length,
            held_bytes=rendering.gzip_bytes,
            headers=headers,
        )

"""The agent's HTTP endpoints. Handlers serve what is stored; only that of /probe measures."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp import web

from netwatch.sinks.turns import Turn
from netwatch.tracking import Standing
from netwatch.web.guard import add_headers, guard
from netwatch.web.metrics import MetricsHandler
from netwatch.web.page import page
from netwatch.web.security import Security
from netwatch.web.sending import RESPONSE_SECONDS, Unread, sending

_MOST_BODY_BYTES = 4096  # no handler reads one


def make_app(
    *,
    metrics: MetricsHandler,
    standings: Callable[[], Iterable[Standing]],
    complaints: Callable[[], Iterable[str]] = tuple,
    turns: Callable[[], Sequence[Turn]] = tuple,
    is_ready: Callable[[], bool],
    reload: Callable[[], str | None],
    config: Callable[[], str],
    probe: Callable[[web.Request], Awaitable[web.StreamResponse]],
    security: Callable[[], Security] = Security,
    response_seconds: float = RESPONSE_SECONDS,
) -> web.Application:
    """Return the application.

    `complaints` are about the agent itself, and `turns` the worst of those targets that are probed
    in turns, both for the page.
    `reload` asks for the configuration to be read again and returns None, or says why it may not.
    `security` is asked at each request.
    `config` is the configuration in use, as JSON that may be shown.
    `probe` answers `/probe`, which may be switched off.
    `is_ready` never depends on targets: an agent in a broken network is ready to tell of it.
    """

    async def index(_: web.Request) -> web.Response:
        text = page(standings(), complaints(), turns())
        return web.Response(text=text, content_type="text/html")

    async def show_config(_: web.Request) -> web.Response:
        return web.Response(text=config(), content_type="application/json")

    async def healthy(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_: web.Request) -> web.Response:
        if is_ready():
            return web.Response(text="ready\n")
        return web.Response(text="not measuring yet\n", status=503)

    async def reload_config(_: web.Request) -> web.Response:
        refusal = reload()
        if refusal:
            return web.Response(text=f"{refusal}\n", status=403)
        return web.Response(text="reloading; the log and /metrics tell the result\n", status=202)

    app = web.Application(
        middlewares=[sending(Unread(), response_seconds), guard(security)],
        client_max_size=_MOST_BODY_BYTES,
    )
    app.on_response_prepare.append(add_headers(security))
    app.router.add_get("/", index)
    app.router.add_get("/metrics", metrics.handle)
    app.router.add_get("/metrics/{page}", metrics.handle_page)
    app.router.add_get("/config", show_config)
    app.router.add_get("/-/healthy", healthy)
    app.router.add_get("/-/ready", ready)
    app.router.add_post("/-/reload", reload_config)
    app.router.add_get("/probe", probe, allow_head=False)
    return app

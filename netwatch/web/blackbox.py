"""/probe: one probe for whoever asks, as blackbox_exporter makes it, and only where it is allowed.

This is the one handler that works while its client waits: so many at a time, each within the
scraper's timeout, and none for a client that has gone (the server cancels its handler).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from netwatch.compat.blackbox.modules import Module
from netwatch.compat.blackbox.oneshot import (
    ForbiddenTargetError,
    Order,
    OwnTroubleError,
    Tools,
    probe,
)
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.compat.blackbox.timeout import probe_timeout_seconds
from netwatch.exposition.dialect import Dialect
from netwatch.wire.hostname import parse_host, split_port

DEFAULT_MODULE = "http_2xx"
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
OFF = "/probe is not switched on: compat.blackbox is not in the configuration"


@dataclass(frozen=True, slots=True)
class _Settings:
    options: BlackboxOptions
    modules: Mapping[str, Module]


class BlackboxHandler:
    """Answers GET /probe; switched off until it is configured."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._settings: _Settings | None = None
        self._running = 0

    def configure(self, options: BlackboxOptions | None, modules: Mapping[str, Module]) -> None:
        """Answer by these from now on; probes under way end as they began. None is off."""
        self._settings = _Settings(options, modules) if options else None

    async def handle(self, request: web.Request) -> web.Response:
        if self._settings is None:
            return _refusal(404, OFF)
        if self._running >= self._settings.options.concurrency:
            return _refusal(503, f"{self._running} probes are under way, which is the most allowed")
        try:
            order = _order(request, self._settings)
        except ValueError as error:
            return _refusal(400, str(error))
        self._running += 1
        try:
            return await self._answer(order, is_debug=request.query.get("debug") == "true")
        finally:
            self._running -= 1

    async def _answer(self, order: Order, *, is_debug: bool) -> web.Response:
        trace = _Trace()
        try:
            report = await probe(order, self._tools, trace.note)
        except ForbiddenTargetError as error:
            return _refusal(403, f"{order.target}: {error}")
        except OwnTroubleError as error:
            return _refusal(500, f"our own trouble, and not that of {order.target}: {error}")
        if is_debug:
            text = trace.text + _section("Metrics", report.text().decode())
            return web.Response(text=text + _section("Module", order.module.shown()))
        return web.Response(body=report.text(), headers={"Content-Type": Dialect.TEXT.content_type})


class _Trace:
    """The steps of a probe, each with the milliseconds since its beginning."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.text = "Trace of the probe, in milliseconds since its beginning:\n"

    def note(self, words: str) -> None:
        milliseconds = (time.perf_counter() - self._started) * 1000
        self.text += f"{milliseconds:10.3f} {words}\n"


def _order(request: web.Request, settings: _Settings) -> Order:
    """Read the parameters. Raises ValueError with what is wrong with them."""
    query, options = request.query, settings.options
    name = query.get("module") or DEFAULT_MODULE
    module = settings.modules.get(name)
    if module is None:
        raise ValueError(f'Unknown module "{name}"')
    if not query.get("target"):
        raise ValueError("Target parameter is missing")
    if hostname := query.get("hostname"):
        parse_host(split_port(hostname)[0])
        module = module.asking_for(hostname)
    header = request.headers.get(TIMEOUT_HEADER)
    try:
        timeout = probe_timeout_seconds(header, options.timeout_offset, module.timeout)
    except ValueError as error:
        raise ValueError(f"{TIMEOUT_HEADER}: {error}") from None
    return Order(
        target=query["target"], module=module, timeout_seconds=timeout, allowed=options.allowed
    )


def _section(title: str, text: str) -> str:
    return f"\n{title}:\n{text}\n"


def _refusal(status: int, why: str) -> web.Response:
    return web.Response(status=status, text=f"{why}\n")

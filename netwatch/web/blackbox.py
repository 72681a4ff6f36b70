"""One probe for whoever asks, as blackbox_exporter makes it, and only where it is allowed."""

import time

from aiohttp import web

from netwatch.compat.blackbox.kind import Ping
from netwatch.compat.blackbox.modules import read_modules
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
from netwatch.probe import Services
from netwatch.web.probepath import refusal
from netwatch.wire.hostname import parse_host, split_port

DEFAULT_MODULE = "http_2xx"
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"


class BlackboxHandler:
    """Answers GET /probe by the modules of one configuration."""

    def __init__(
        self, options: BlackboxOptions, text: str, *, ping: Ping, services: Services
    ) -> None:
        """`text` has the modules. Raises ConfigError with all that is wrong with it."""
        self._options = options
        self._modules = read_modules(text, options.config)
        self._tools = Tools(services.resolve, ping, services.contexts)

    async def handle(self, request: web.Request) -> web.Response:
        try:
            order = self._order(request)
        except ValueError as error:
            return refusal(400, str(error))
        return await self._answer(order, is_debug=request.query.get("debug") == "true")

    def _order(self, request: web.Request) -> Order:
        """Read the parameters. Raises ValueError with what is wrong with them."""
        query, options = request.query, self._options
        name = query.get("module") or DEFAULT_MODULE
        module = self._modules.get(name)
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

    async def _answer(self, order: Order, *, is_debug: bool) -> web.Response:
        trace = _Trace()
        try:
            report = await probe(order, self._tools, trace.note)
        except ForbiddenTargetError as error:
            return refusal(403, f"{order.target}: {error}")
        except OwnTroubleError as error:
            return refusal(500, f"our own trouble, and not that of {order.target}: {error}")
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


def _section(title: str, text: str) -> str:
    return f"\n{title}:\n{text}\n"

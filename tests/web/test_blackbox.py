import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web

from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.model import Target
from netwatch.net.ping.engine import PingOptions
from netwatch.net.ping.single import Reply
from netwatch.net.resolver import Resolver
from netwatch.probe import Services
from netwatch.web.blackbox import BlackboxHandler
from netwatch.web.listeners import Listeners
from netwatch.wire.listen import ListenAddress
from tests.http_server import site
from tests.tcp_server import tcp_server

MODULES = {
    "http_2xx": {"prober": "http"},
    "other": {"prober": "http", "http": {"headers": {"Host": "wiki.example"}}},
    "slow": {"prober": "tcp", "tcp": {"query_response": [{"expect": "x"}]}},
    "secret": {
        "prober": "http",
        "http": {"basic_auth": {"username": "me", "password": "tres-secret"}},
    },
}


class House:
    """A server of /probe, and what it is asked."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self.session = session
        self.url = url

    async def ask(self, *, header: str = "", **parameters: str) -> tuple[int, str]:
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": header} if header else {}
        asked = self.session.get(f"{self.url}/probe", params=parameters, headers=headers)
        async with asked as response:
            return response.status, await response.text()


async def no_ping(target: Target, options: PingOptions) -> Reply:
    raise AssertionError(target, options)


@asynccontextmanager
async def house(**options: Any) -> AsyncIterator[House]:
    chosen = {"config": "blackbox.yml", "allow": ["127.0.0.1"]} | options
    handler = BlackboxHandler(
        BlackboxOptions.model_validate(chosen),
        json.dumps({"modules": MODULES}),
        ping=no_ping,
        services=Services(Resolver().resolve),
    )
    app = web.Application()
    app.router.add_get("/probe", handler.handle)
    async with Listeners(app) as listeners, ClientSession() as session:
        await listeners.listen([ListenAddress("127.0.0.1", 0)])
        yield House(listeners.urls[0], session)


class Tarpit:
    """Says nothing, and knows who is there."""

    def __init__(self) -> None:
        self.visitors = 0
        self.came = asyncio.Event()
        self.went = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        self.visitors += 1
        self.came.set()
        await reader.read()
        self.went.set()


async def test_it_answers_in_prometheus_text() -> None:
    async with house() as here, site() as server:
        parameters = {"target": f"127.0.0.1:{server.port}"}
        async with here.session.get(f"{here.url}/probe", params=parameters) as response:
            text = await response.text()
            assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\n# TYPE probe_success gauge\nprobe_success 1\n" in f"\n{text}"


async def test_parameters_that_make_no_sense_are_refused_in_the_words_of_the_original() -> None:
    async with house() as here:
        for parameters, said in (
            ({"target": "x", "module": "nope"}, 'Unknown module "nope"\n'),
            ({"module": "http_2xx"}, "Target parameter is missing\n"),
            ({"target": ""}, "Target parameter is missing\n"),
        ):
            assert await here.ask(**parameters) == (400, said)
        for parameters, said in (
            ({"target": "x", "module": "other", "hostname": "y"}, "expected wiki.example"),
            ({"target": "x", "hostname": "a\r\nb"}, "expected an IP address or a host name"),
            ({"target": "x", "header": "soon"}, 'found "soon", expected a number of seconds'),
        ):
            status, text = await here.ask(**parameters)
            assert status == 400
            assert said in text


async def test_a_target_that_is_not_allowed_is_forbidden() -> None:
    async with house(allow=["10.0.0.0/8"]) as here, site() as server:
        status, text = await here.ask(target=f"127.0.0.1:{server.port}")
        assert status == 403
        assert text.endswith("127.0.0.1 is not in compat.blackbox.allow\n")
        assert server.requests == []


async def test_the_time_is_that_of_the_scraper_less_the_offset() -> None:
    async with house(timeout_offset="200ms") as here, tcp_server(Tarpit().handle) as port:
        status, text = await here.ask(target=f"127.0.0.1:{port}", module="slow", header="0.300000")
    assert status == 200
    assert "probe_success 0\n" in text
    assert "probe_timeout_seconds 0.15\n" in text


async def test_a_client_that_goes_takes_its_probe_with_it() -> None:
    tarpit = Tarpit()
    async with house() as here, tcp_server(tarpit.handle) as port:
        async with asyncio.TaskGroup() as group:
            slow = here.ask(target=f"127.0.0.1:{port}", module="slow")
            task = group.create_task(slow, name="slow")
            await tarpit.came.wait()
            task.cancel()
        async with asyncio.timeout(10):
            await tarpit.went.wait()


async def test_debug_shows_trace_series_and_module_but_no_secret() -> None:
    async with house() as here, site() as server:
        status, text = await here.ask(
            target=f"127.0.0.1:{server.port}", module="secret", debug="true"
        )
    assert status == 200
    trace, metrics, module = text.split("\n\n")
    assert trace.startswith("Trace of the probe, in milliseconds since its beginning:\n")
    assert "received HTTP/1.1 200" in trace
    assert trace.endswith("succeeded")
    assert metrics.startswith("Metrics:\n# HELP probe_success")
    assert '"username": "me"' in module
    assert "tres-secret" not in text


async def test_debug_says_why_a_probe_failed() -> None:
    async with house() as here:
        _, text = await here.ask(target="127.0.0.1:1", debug="true")
    assert "failed: refused: Connection refused (connect)\n" in text

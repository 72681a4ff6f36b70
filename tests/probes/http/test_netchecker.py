"""The checks of the documents that take the place of netchecker's agents, at a server like its."""

import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from netwatch.attempt import make_attempt
from netwatch.config import CheckConfig, load
from netwatch.model import Outcome
from netwatch.net.resolver import Resolver
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions
from netwatch.sources.static import StaticOptions
from tests.http_server import at

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENTS = ("probes.md", "migration/netchecker.md")


def documented(name: str) -> CheckConfig:
    blocks = re.findall(r"```yaml\n(checks:\n.*?)```", (DOCS / name).read_text(), re.DOTALL)
    (block,) = [block for block in blocks if "  netchecker:" in block]
    return load(block, name, {}).checks["netchecker"]


def options_of(check: CheckConfig) -> HttpOptions:
    assert isinstance(check.probe_options, HttpOptions)
    return check.probe_options


def url_of(check: CheckConfig) -> str:
    assert isinstance(check.source_options, StaticOptions)
    (target,) = check.source_options.root
    return target.endpoint().url


def test_the_documents_agree() -> None:
    first, second = map(documented, DOCUMENTS)
    assert options_of(first) == options_of(second)
    assert url_of(first) == url_of(second)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_the_server_answers_as_the_check_expects_and_gets_a_large_request(name: str) -> None:
    """Its routes: ping is for GET, and what an agent posts must be its report in JSON."""
    bodies: list[bytes] = []

    @web.middleware
    async def look(request: web.Request, handler: Handler) -> web.StreamResponse:
        bodies.append(await request.read())
        return await handler(request)

    async def ping(_: web.Request) -> web.Response:
        return web.Response()

    async def report(request: web.Request) -> web.Response:
        try:
            await request.json()
        except ValueError:
            return web.Response(status=500)
        return web.Response()

    app = web.Application(middlewares=[look])
    app.router.add_get("/api/v1/ping", ping)
    app.router.add_post("/api/v1/agents/{name}", report)
    check = documented(name)
    path = url_of(check).partition(":8081")[2]
    async with TestServer(app) as server:
        probe = options_of(check).open(Services(Resolver().resolve))
        result = await make_attempt(probe, at(f"http://127.0.0.1:{server.port}{path}"), 5)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert [len(body) for body in bodies] == [3000]

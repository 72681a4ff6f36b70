from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request, Response
from prometheus_client import CollectorRegistry

from netwatch.exposition.store import Store
from netwatch.model import Outcome, Status
from netwatch.rendering import Renderer
from netwatch.sinks.turns import Turn
from netwatch.tracking import Standing
from netwatch.web.app import make_app
from netwatch.web.metrics import MetricsHandler
from tests.nouns import a_target

Client = TestClient[Request, Application]


@dataclass
class House:
    """What the application asks, as a test wants it to be."""

    standings: list[Standing] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    is_ready: bool = True
    refusal: str | None = None
    reloads: int = 0

    def reload(self) -> str | None:
        self.reloads += 1
        return self.refusal

    async def probe(self, request: Request) -> Response:
        return Response(text=f"probed {request.query['target']}")


@asynccontextmanager
async def client_of(house: House) -> AsyncIterator[Client]:
    app = make_app(
        metrics=MetricsHandler(Store(CollectorRegistry()), Renderer(nullcontext)),
        standings=lambda: house.standings,
        turns=lambda: house.turns,
        is_ready=lambda: house.is_ready,
        reload=house.reload,
        probe=house.probe,
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_the_page_shows_the_targets_as_they_stand_now() -> None:
    house = House()
    async with client_of(house) as client:
        async with client.get("/") as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert "no source names a target" in await response.text()
        house.standings.append(Standing(a_target("<wiki>"), Status.DOWN, 0, 1, "timeout (3)"))
        async with client.get("/") as response:
            text = await response.text()
    assert "Of 1 targets: 1 down." in text
    assert "&lt;wiki&gt; (10.0.0.7)" in text


async def test_the_page_shows_the_worst_turns_of_now() -> None:
    house = House(turns=[Turn(a_target("kube-3"))])
    house.turns[0].count(0.0, Outcome.TIMEOUT, None, "")
    async with client_of(house) as client, client.get("/") as response:
        assert "kube-3 (10.0.0.7)" in await response.text()


async def test_it_is_healthy_whenever_it_answers_and_ready_when_it_measures() -> None:
    house = House(is_ready=False)
    async with client_of(house) as client:
        for path, is_ready, status, text in (
            ("/-/healthy", False, 200, "ok\n"),
            ("/-/ready", False, 503, "not measuring yet\n"),
            ("/-/ready", True, 200, "ready\n"),
        ):
            house.is_ready = is_ready
            async with client.get(path) as response:
                assert (response.status, await response.text()) == (status, text)


async def test_a_reload_is_asked_for_by_post_alone_and_may_be_refused_with_the_reason() -> None:
    house = House(refusal="not here")
    async with client_of(house) as client:
        async with client.get("/-/reload") as response:
            assert response.status == 405
        assert house.reloads == 0
        async with client.post("/-/reload") as response:
            assert (response.status, await response.text()) == (403, "not here\n")
        house.refusal = None
        async with client.post("/-/reload") as response:
            assert response.status == 202
    assert house.reloads == 2


async def test_what_is_only_looked_at_answers_to_get_and_head_alone() -> None:
    async with client_of(House()) as client:
        for path in ("/", "/metrics", "/-/healthy", "/-/ready"):
            for method, status in (("HEAD", 200), ("POST", 405), ("DELETE", 405)):
                async with client.request(method, path) as response:
                    assert response.status == status
        async with client.get("/nowhere") as response:
            assert response.status == 404


async def test_probes_are_asked_for_by_get_and_nothing_else() -> None:
    async with client_of(House()) as client:
        async with client.get("/probe?target=wiki") as response:
            assert (response.status, await response.text()) == (200, "probed wiki")
        for method in ("HEAD", "POST"):
            async with client.request(method, "/probe?target=wiki") as response:
                assert response.status == 405

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bcrypt
import pytest
from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from netwatch.net.ratelimit import RateLimit
from netwatch.web.basicauth import BasicAuth
from netwatch.web.guard import add_headers, guard
from netwatch.web.passwords import PasswordChecker
from netwatch.web.security import Security

HASH = SecretStr(bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}  # alice:secret
PATHS = ("/-/healthy", "/-/ready")

Client = TestClient[web.Request, web.Application]


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


@asynccontextmanager
async def client_of(security: Security) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[guard(lambda: security)])
    app.on_response_prepare.append(add_headers(lambda: security))
    for path in ("/", *PATHS):
        app.router.add_get(path, _hello)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_without_security_everybody_is_answered() -> None:
    async with client_of(Security()) as client, client.get("/") as response:
        assert (response.status, await response.text()) == (200, "hello")
        assert response.headers["Server"] == "netwatch"


async def test_only_users_are_answered_and_others_are_told_how() -> None:
    security = Security(ways=[BasicAuth({"alice": HASH}, PasswordChecker())])
    async with client_of(security) as client:
        async with client.get("/", headers=ALICE) as response:
            assert response.status == 200
        for path in ("/", "/nowhere", "/-/healthy/"):
            async with client.get(path) as response:
                assert response.status == 401
                assert response.headers["WWW-Authenticate"].startswith("Basic ")
                assert "hello" not in await response.text()


@pytest.mark.parametrize("path", PATHS)
async def test_a_kubelet_needs_no_password_and_is_not_limited(path: str) -> None:
    ways = [BasicAuth({"alice": HASH}, PasswordChecker())]
    async with client_of(Security(ways=ways, limit=RateLimit(100.0, 1))) as client:
        for _ in range(3):
            async with client.get(path) as response:
                assert response.status == 200


async def test_more_requests_than_allowed_are_turned_away() -> None:
    async with client_of(Security(limit=RateLimit(1000.0, 2))) as client:
        statuses = []
        for _ in range(3):
            async with client.get("/") as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 429]


async def test_strangers_use_up_no_request_of_those_who_are_known() -> None:
    security = Security(
        ways=[BasicAuth({"alice": HASH}, PasswordChecker())],
        limit=RateLimit(1000.0, 3),
        strangers=RateLimit(1000.0, 3),
    )
    async with client_of(security) as client:

        async def status(**headers: str) -> int:
            async with client.get("/", headers=headers) as response:
                return response.status

        assert await status(**ALICE) == 200  # from now on she is known
        assert [await status() for _ in range(4)] == [401, 401, 429, 429]
        guess = "Basic YWxpY2U6Z3Vlc3M="  # alice:guess
        assert await status(Authorization=guess) == 429
        assert [await status(**ALICE) for _ in range(4)] == [200, 200, 200, 429]


async def test_strangers_of_one_address_keep_out_nobody_new_of_another() -> None:
    security = Security(
        ways=[BasicAuth({"alice": HASH}, PasswordChecker())], strangers=RateLimit(1000.0, 1)
    )
    async with client_of(security) as client:
        for status in (401, 429):
            async with client.get("/") as response:
                assert response.status == status
        url = client.make_url("/")
        elsewhere = TCPConnector(local_addr=("127.0.0.9", 0))
        async with (
            ClientSession(connector=elsewhere) as session,
            session.get(url, headers=ALICE) as response,
        ):
            assert response.status == 200


async def test_headers_come_with_every_answer() -> None:
    security = Security(headers={"X-Frame-Options": "deny"})
    async with client_of(security) as client:
        for path in ("/", "/nowhere"):
            async with client.get(path) as response:
                assert response.headers["X-Frame-Options"] == "deny"


async def test_without_a_certificate_nobody_has_an_allowed_name() -> None:
    security = Security(client_names=frozenset({"prometheus"}))
    async with client_of(security) as client:
        for path in ("/", *PATHS):
            async with client.get(path) as response:
                assert response.status == 403

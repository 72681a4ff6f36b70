import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bcrypt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from netwatch.web.basicauth import BasicAuth
from netwatch.web.guard import add_headers, deadline, guard
from netwatch.web.passwords import PasswordChecker
from netwatch.web.requestlimit import RequestLimit
from netwatch.web.security import Security

HASH = SecretStr(bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}  # alice:secret
PATHS = ("/-/healthy", "/-/ready")
MUCH = b"x" * 30_000_000  # more than the buffers of a connection hold
BRIEF_SECONDS = 0.3

Client = TestClient[web.Request, web.Application]


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _much(_: web.Request) -> web.Response:
    return web.Response(body=MUCH)


async def _never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _late(_: web.Request) -> web.Response:
    raise TimeoutError("somebody else's")


@asynccontextmanager
async def client_of(security: Security, *, seconds: float = 60.0) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[deadline(seconds), guard(lambda: security)])
    app.on_response_prepare.append(add_headers(lambda: security))
    for path in ("/", *PATHS):
        app.router.add_get(path, _hello)
    app.router.add_get("/much", _much)
    app.router.add_get("/never", _never)
    app.router.add_get("/late", _late)
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
    async with client_of(Security(ways=ways, limit=RequestLimit(100.0, 1))) as client:
        for _ in range(3):
            async with client.get(path) as response:
                assert response.status == 200


async def test_more_requests_than_allowed_are_turned_away() -> None:
    async with client_of(Security(limit=RequestLimit(1000.0, 2))) as client:
        statuses = []
        for _ in range(3):
            async with client.get("/") as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 429]


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


async def test_a_client_that_does_not_take_its_answer_is_cut_off() -> None:
    async with client_of(Security(), seconds=BRIEF_SECONDS) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port, limit=1000)
        writer.write(b"GET /much HTTP/1.1\r\nHost: netwatch\r\n\r\n")
        await asyncio.sleep(2 * BRIEF_SECONDS)
        assert len(await reader.read()) < len(MUCH)
        writer.close()
        async with client.get("/") as response:
            assert response.status == 200


async def test_ten_clients_that_do_not_read_keep_nobody_waiting() -> None:
    async with client_of(Security()) as client:
        slow = [await asyncio.open_connection(client.host, client.port, limit=1) for _ in range(10)]
        for _, writer in slow:
            writer.write(b"GET /much HTTP/1.1\r\nHost: netwatch\r\n\r\n")
        for reader, _ in slow:
            assert await reader.readexactly(9) == b"HTTP/1.1 "
        async with asyncio.timeout(5), client.get("/") as response:
            assert response.status == 200
        for _, writer in slow:
            writer.transport.abort()


async def test_a_handler_that_never_ends_is_cut_off() -> None:
    async with client_of(Security(), seconds=BRIEF_SECONDS) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"GET /never HTTP/1.1\r\nHost: netwatch\r\n\r\n")
        assert await reader.read() == b""
        writer.close()


async def test_a_timeout_of_another_kind_is_not_taken_for_the_deadline() -> None:
    async with client_of(Security()) as client, client.get("/late") as response:
        assert response.status == 504

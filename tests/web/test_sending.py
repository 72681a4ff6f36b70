"""Clients that do not take what they asked for, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from netwatch.web.sending import PiecewiseResponse, Unread, sending

MUCH = b"x" * 30_000_000  # more than the buffers of a connection hold
BRIEF_SECONDS = 0.3

Client = TestClient[web.Request, web.Application]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _much(_: web.Request) -> web.Response:
    return web.Response(body=MUCH)


def _pieces(number: int) -> Iterator[bytes]:
    yield from [MUCH[:100_000]] * number


async def _packed(_: web.Request) -> web.StreamResponse:
    """Answer with as much, that is held compressed."""
    number = len(MUCH) // 100_000
    return PiecewiseResponse(_pieces(number), body_bytes=len(MUCH), held_bytes=1000, headers={})


async def _unauthorized(_: web.Request) -> web.Response:
    raise web.HTTPUnauthorized(text=MUCH.decode())


async def _not_found(_: web.Request) -> web.Response:
    raise web.HTTPNotFound(text=MUCH.decode())


async def _never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _late(_: web.Request) -> web.Response:
    raise TimeoutError("somebody else's")


HANDLERS = {
    "/": _hello,
    "/much": _much,
    "/packed": _packed,
    "/401": _unauthorized,
    "/404": _not_found,
    "/never": _never,
    "/late": _late,
}


@asynccontextmanager
async def client_of(
    *, seconds: float = 60.0, most_bytes: int = 20 * len(MUCH)
) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[sending(Unread(most_bytes), seconds)])
    for path, handler in HANDLERS.items():
        app.router.add_get(path, handler)
    async with TestClient(TestServer(app)) as client:
        yield client


async def asking(client: Client, path: str, host: str = "127.0.0.1") -> Stream:
    """Ask from a loopback address, and read nothing but that there is an answer."""
    reader, writer = await asyncio.open_connection(
        client.host, client.port, limit=1000, local_addr=(host, 0)
    )
    writer.write(f"GET {path} HTTP/1.1\r\nHost: netwatch\r\n\r\n".encode())
    assert await reader.readexactly(9) == b"HTTP/1.1 "
    return reader, writer


async def taken_bytes(stream: Stream) -> int:
    """Read on; return how much came until the answer was complete, or cut off."""
    reader, writer = stream
    taken = 0
    try:
        while taken < len(MUCH) and (data := await reader.read(2**20)):
            taken += len(data)
    except ConnectionResetError:
        pass
    finally:
        writer.transport.abort()
    return taken


@pytest.mark.parametrize("path", ["/much", "/packed", "/401", "/404"])
async def test_a_client_that_does_not_take_its_answer_is_cut_off(path: str) -> None:
    async with client_of(seconds=BRIEF_SECONDS) as client:
        stream = await asking(client, path)
        await asyncio.sleep(2 * BRIEF_SECONDS)
        assert await taken_bytes(stream) < len(MUCH)
        async with client.get("/") as response:
            assert response.status == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/much", 200), ("/packed", 200), ("/404", 404)]
)
async def test_whoever_reads_has_all_of_it(path: str, status: int) -> None:
    async with client_of() as client, client.get(path) as response:
        assert response.status == status
        assert len(await response.read()) == response.content_length


async def test_ten_clients_that_do_not_read_keep_nobody_waiting() -> None:
    async with client_of() as client:
        slow = [await asking(client, "/much") for _ in range(10)]
        async with asyncio.timeout(5), client.get("/") as response:
            assert response.status == 200
        for stream in slow:
            assert await taken_bytes(stream) >= len(MUCH)


async def test_whoever_leaves_most_unread_loses_the_oldest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client_of(most_bytes=3 * len(MUCH)) as client:
        patient = await asking(client, "/much", "127.0.0.8")
        oldest, older, newest = [await asking(client, "/much", "127.0.0.9") for _ in range(3)]
        assert await taken_bytes(oldest) < len(MUCH)
        for stream in (patient, older, newest):
            assert await taken_bytes(stream) >= len(MUCH)
        async with client.get("/much") as response:
            assert len(await response.read()) == len(MUCH)
    [record] = [record for record in caplog.records if record.name == "netwatch.web.sending"]
    assert record.getMessage() == "too much is not read: one answer was given up"
    assert record.facts == {"host": "127.0.0.9", "bytes": len(MUCH)}  # type: ignore[attr-defined]


async def test_an_answer_that_alone_is_too_large_is_sent_when_it_is_alone() -> None:
    async with client_of(most_bytes=1) as client:
        unread = await asking(client, "/much", "127.0.0.9")
        async with client.get("/much") as response:
            assert len(await response.read()) == len(MUCH)
        assert await taken_bytes(unread) < len(MUCH)


async def test_what_is_held_compressed_counts_as_that() -> None:
    async with client_of(most_bytes=len(MUCH)) as client:
        slow = [await asking(client, "/packed") for _ in range(3)]
        for stream in slow:
            assert await taken_bytes(stream) >= len(MUCH)


async def test_a_handler_that_never_ends_is_cut_off() -> None:
    async with client_of(seconds=BRIEF_SECONDS) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"GET /never HTTP/1.1\r\nHost: netwatch\r\n\r\n")
        assert await reader.read() == b""
        writer.close()


async def test_a_timeout_of_another_kind_is_not_taken_for_the_deadline() -> None:
    async with client_of() as client, client.get("/late") as response:
        assert response.status == 504

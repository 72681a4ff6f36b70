"""The HTTP server against clients that want to harm it: over real sockets."""

import asyncio
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from netwatch.web.connections import ConnectionLimits
from netwatch.web.listeners import Listeners
from netwatch.wire.listen import ListenAddress
from tests.certificates import Authority

HELLO = b"GET / HTTP/1.1\r\nHost: netwatch\r\n\r\n"
ANYWHERE = ListenAddress("127.0.0.1", 0)
BRIEF_SECONDS = 0.2

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _much(_: web.Request) -> web.Response:
    return web.Response(body=b"x" * 30_000_000)


@asynccontextmanager
async def listeners_with(**limits: float) -> AsyncIterator[Listeners]:
    app = web.Application()
    app.router.add_get("/", _hello)
    app.router.add_get("/much", _much)
    app.router.add_post("/", _hello)
    made = ConnectionLimits(**limits)  # type: ignore[arg-type]  # of ints and floats
    async with Listeners(app, limits=made) as listeners:
        await listeners.listen([ANYWHERE])
        yield listeners


def port_of(listeners: Listeners) -> int:
    return int(listeners.urls[0].rpartition(":")[2])


@asynccontextmanager
async def connected(listeners: Listeners, host: str = "127.0.0.1") -> AsyncIterator[Stream]:
    """Connect from a loopback address of choice."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port_of(listeners), local_addr=(host, 0)
    )
    try:
        yield reader, writer
    finally:
        writer.close()


async def is_answered(stream: Stream, request: bytes = HELLO) -> bool:
    reader, writer = stream
    writer.write(request)
    return b"hello" in await reader.readuntil(b"hello")


async def is_cut_off(stream: Stream) -> bool:
    try:
        return await stream[0].read() == b""
    except ConnectionResetError:
        return True


async def whoever_has_most_connections_loses_the_oldest() -> None:
    async with (
        listeners_with(connections=3) as listeners,
        connected(listeners, "127.0.0.1") as scraper,
        connected(listeners, "127.0.0.9") as oldest,
        connected(listeners, "127.0.0.9") as older,
    ):
        assert await is_answered(scraper)
        assert await is_answered(oldest)
        assert await is_answered(older)
        async with connected(listeners, "127.0.0.9") as newest:
            assert await is_answered(newest)
            assert await is_cut_off(oldest)
            assert await is_answered(scraper)
            assert await is_answered(older)


async def test_whoever_has_most_connections_loses_the_oldest_and_nobody_else_any() -> None:
    await whoever_has_most_connections_loses_the_oldest()


def test_so_it_is_under_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop, debug=True) as runner:
        runner.run(whoever_has_most_connections_loses_the_oldest())


async def test_the_closed_make_room() -> None:
    async with listeners_with(connections=2) as listeners, connected(listeners) as kept:
        assert await is_answered(kept)
        for _ in range(5):
            async with connected(listeners) as another:
                assert await is_answered(another)
            await is_cut_off(another)
        assert await is_answered(kept)


async def test_a_header_that_never_ends_is_cut_off_though_a_byte_comes_now_and_then() -> None:
    async with (
        listeners_with(idle_seconds=BRIEF_SECONDS) as listeners,
        connected(listeners) as stream,
    ):
        cut_off = asyncio.ensure_future(is_cut_off(stream))
        stream[1].write(b"GET / HTTP/1.1\r\nX-Slow: ")
        while not cut_off.done():
            stream[1].write(b"a")
            await asyncio.sleep(BRIEF_SECONDS / 10)
        assert cut_off.result()


async def test_a_connection_without_requests_is_cut_off() -> None:
    async with (
        listeners_with(idle_seconds=BRIEF_SECONDS) as listeners,
        connected(listeners) as silent,
        connected(listeners) as idle,
    ):
        assert await is_answered(idle)
        assert await is_cut_off(silent)
        assert await is_cut_off(idle)


async def test_what_a_client_takes_nothing_of_is_not_kept_for_it() -> None:
    """Its answer is made and its deadline is kept: what is left stands in buffers."""
    async with (
        listeners_with(unread_seconds=BRIEF_SECONDS) as listeners,
        connected(listeners) as (reader, writer),
    ):
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of the read side
        writer.write(b"GET /much HTTP/1.1\r\nHost: netwatch\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(5 * BRIEF_SECONDS)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(30_000_000)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: netwatch\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Many: a\r\n" * 1000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\nContent-Length: a\r\n\r\n",
    ],
    ids=["url", "field", "fields", "tls", "length"],
)
async def test_what_is_too_large_or_malformed_is_refused_and_no_news(
    request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with listeners_with() as listeners, connected(listeners) as stream:
        stream[1].write(request_)
        assert (await stream[0].readline()).endswith(b" 400 Bad Request\r\n")
        async with connected(listeners) as another:
            assert await is_answered(another)
    # asyncio complains of a machine that is slow.
    assert not [record for record in caplog.records if record.name != "asyncio"]


async def write_for_ever(stream: Stream) -> None:
    while True:
        stream[1].write(b"a" * 1_000_000)
        await stream[1].drain()


async def test_a_body_without_end_is_not_read_on_and_on() -> None:
    request = b"POST / HTTP/1.1\r\nHost: netwatch\r\nContent-Length: 1000000000000\r\n\r\n"
    async with listeners_with() as listeners, connected(listeners) as stream:
        assert await is_answered(stream, request)
        with pytest.raises(ConnectionError):
            await write_for_ever(stream)


async def test_a_handshake_that_never_ends_is_given_up(tmp_path: Path) -> None:
    async with listeners_with(handshake_seconds=BRIEF_SECONDS) as listeners:
        await listeners.listen([ANYWHERE], Authority(tmp_path).server())
        async with connected(listeners) as silent:
            assert await is_cut_off(silent)


async def test_handshakes_that_never_end_keep_nobody_out(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    client = authority.client_context()
    async with listeners_with(connections=4) as listeners:
        await listeners.listen([ANYWHERE], authority.server())
        port = port_of(listeners)
        silent = [
            await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
            for _ in range(20)
        ]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname="localhost"
        )
        assert await is_answered((reader, writer))
        for stream in silent[:-4]:
            assert await is_cut_off(stream)
        for _, one in [*silent, (reader, writer)]:
            one.close()


async def test_a_flood_of_connections_takes_no_more_descriptors_than_allowed() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with listeners_with(connections=10) as listeners:
        before = descriptors()
        clients = [socket.create_connection(("127.0.0.1", port_of(listeners))) for _ in range(60)]
        async with connected(listeners, "127.0.0.9") as scraper:
            assert await is_answered(scraper)
            assert descriptors() <= before + len(clients) + 1 + 10 + 2
        for client in clients:
            client.close()


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Use up all that this process may have."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_where_no_descriptor_is_left_it_waits_and_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with listeners_with() as listeners:
        client = socket.socket()
        client.setblocking(False)
        with no_descriptor_left():
            client.connect_ex(("127.0.0.1", port_of(listeners)))
            for _ in range(100):  # rounds of the loop, all of which it would complain in
                await asyncio.sleep(0)
        assert caplog.messages.count("no connection can be accepted: Too many open files") == 1
        stream = await asyncio.open_connection(sock=client)
        assert await is_answered(stream)
        stream[1].close()

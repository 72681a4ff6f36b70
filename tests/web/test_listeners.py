import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from netwatch.web.listeners import ListenError, Listeners
from netwatch.wire.listen import ListenAddress

IPV4 = ListenAddress("127.0.0.1", 0)
IPV6 = ListenAddress("::1", 0)
MUCH = b"x" * 30_000_000  # more than the buffers of a connection hold
REQUEST = b"GET %s HTTP/1.1\r\nHost: netwatch\r\n\r\n"


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _much(_: web.Request) -> web.Response:
    return web.Response(body=MUCH)


@asynccontextmanager
async def listeners_at(*addresses: ListenAddress) -> AsyncIterator[Listeners]:
    app = web.Application()
    app.router.add_get("/", _hello)
    app.router.add_get("/much", _much)
    async with Listeners(app) as listeners:
        await listeners.listen(addresses)
        yield listeners


async def answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.text() == "hello"
    except aiohttp.ClientConnectorError:
        return False


def taken_port() -> tuple[socket.socket, ListenAddress]:
    somebody_else = socket.create_server(("127.0.0.1", 0))
    return somebody_else, ListenAddress("127.0.0.1", somebody_else.getsockname()[1])


def free_port() -> ListenAddress:
    somebody_else, address = taken_port()
    somebody_else.close()
    return address


async def test_every_address_answers_at_the_url_that_is_told() -> None:
    async with listeners_at(IPV4, IPV6) as listeners:
        ipv4, ipv6 = sorted(listeners.urls)
        assert ipv4.startswith("http://127.0.0.1:")
        assert ipv6.startswith("http://[::1]:")
        assert await answers(ipv4)
        assert await answers(ipv6)
    assert not await answers(ipv4)


async def test_no_host_means_all_addresses_of_both_families() -> None:
    async with listeners_at(ListenAddress("", free_port().port)) as listeners:
        port = listeners.urls[0].rpartition(":")[2]
        assert await answers(f"http://127.0.0.1:{port}")
        assert await answers(f"http://[::1]:{port}")


async def test_an_address_that_stays_is_not_touched_while_others_come_and_go() -> None:
    stays, goes, comes = free_port(), free_port(), free_port()
    async with listeners_at(stays, goes) as listeners:
        reader, writer = await asyncio.open_connection(*stays)
        writer.write(REQUEST % b"/")
        await reader.readuntil(b"hello")
        await listeners.listen([stays, comes])
        assert set(listeners.urls) == {f"http://{stays}", f"http://{comes}"}
        assert not await answers(f"http://{goes}")
        assert await answers(f"http://{comes}")
        writer.write(REQUEST % b"/")  # over the old connection
        await reader.readuntil(b"hello")
        writer.close()


async def test_an_address_that_cannot_be_had_changes_nothing() -> None:
    before, wanted = free_port(), free_port()
    somebody_else, taken = taken_port()
    with somebody_else:
        async with listeners_at(before) as listeners:
            message = f"^cannot listen on {taken}: address already in use$"
            with pytest.raises(ListenError, match=message):
                await listeners.listen([wanted, taken])
            assert listeners.urls == (f"http://{before}",)
            assert await answers(f"http://{before}")
            assert not await answers(f"http://{wanted}")


async def test_all_addresses_may_take_over_from_one_with_the_same_port() -> None:
    one = free_port()
    async with listeners_at(one) as listeners:
        await listeners.listen([ListenAddress("", one.port)])
        assert await answers(f"http://127.0.0.1:{one.port}")
        assert await answers(f"http://[::1]:{one.port}")


async def test_what_was_given_up_comes_back_where_the_new_address_cannot_be_had() -> None:
    somebody_else, taken = taken_port()
    old = free_port()
    with somebody_else:
        async with listeners_at(old) as listeners:
            with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{taken.port}"):
                await listeners.listen([ListenAddress("", old.port), taken])
            assert await answers(f"http://127.0.0.1:{old.port}")
            assert not await answers(f"http://[::1]:{old.port}")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (ListenAddress("192.0.2.1", 0), r"192\.0\.2\.1:0: cannot assign requested address"),
        (ListenAddress("2001:db8::1", 0), r"\[2001:db8::1\]:0: cannot assign requested address"),
        (ListenAddress("fe80::1%nosuch0", 0), r"\[fe80::1%nosuch0\]:0: \S.*"),
    ],
)
async def test_an_address_of_another_host_is_named_with_the_reason(
    address: ListenAddress, message: str
) -> None:
    with pytest.raises(ListenError, match=f"^cannot listen on {message}$"):
        async with listeners_at(address):
            pass


async def test_a_client_that_does_not_read_is_cut_off_at_the_end() -> None:
    address = free_port()
    async with listeners_at(address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(REQUEST % b"/much")
        await reader.readuntil(b"\r\n\r\n")
    assert len(await reader.read()) < len(MUCH)
    writer.close()

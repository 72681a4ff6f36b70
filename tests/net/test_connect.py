import asyncio
import socket
from pathlib import Path

import pytest

from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect, socket_address
from netwatch.net.oserrors import of_os_error
from tests.tcp_server import ends, says_nothing, tcp_server


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_server_is_reached_at_its_address(address: str) -> None:
    async with tcp_server(ends, address=address) as port:
        with await connect(address, port) as stream:
            assert await stream.receive() == b""


async def test_the_source_address_is_ours_to_choose() -> None:
    seen: list[str] = []

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])

    async with tcp_server(look) as port:
        with await connect("127.0.0.1", port, source_address="127.0.0.9") as stream:
            assert await stream.receive() == b""
    assert seen == ["127.0.0.9"]


async def test_a_port_that_nobody_listens_on_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await connect("127.0.0.1", unused.getsockname()[1])


@pytest.mark.parametrize(
    ("source_address", "interface"),
    [("192.0.2.1", ""), ("", "no-such-0")],
)
async def test_a_source_that_this_host_does_not_have_is_our_own_fault(
    source_address: str, interface: str
) -> None:
    with pytest.raises(ProbeError, match=f"cannot send from {source_address}{interface}") as error:
        await connect("127.0.0.1", 9, source_address=source_address, interface=interface)
    assert error.value.outcome is Outcome.LOCAL


@pytest.mark.parametrize("source_address", ["::1", "fe80::1%no-such-0"])
async def test_a_source_of_the_other_family_is_our_own_fault(source_address: str) -> None:
    with pytest.raises(OSError, match=f"cannot send from {source_address} to 127.0.0.1") as error:
        await connect("127.0.0.1", 9, source_address=source_address)
    assert of_os_error(error.value)[0] is Outcome.LOCAL


async def test_the_interface_is_ours_to_choose() -> None:
    async with tcp_server(says_nothing) as port:
        (await connect("127.0.0.1", port, interface="lo")).close()


async def test_the_scope_of_an_address_is_that_of_its_interface() -> None:
    scope = socket.if_nametoindex("lo")
    assert socket_address("fe80::1%lo", 25) == ("fe80::1", 25, 0, scope)
    assert socket_address(f"fe80::1%{scope}", 25) == ("fe80::1", 25, 0, scope)
    assert socket_address("::1", 25) == ("::1", 25, 0, 0)
    assert socket_address("127.0.0.1", 25) == ("127.0.0.1", 25)
    with pytest.raises(OSError, match="no interface with this name"):
        socket_address("fe80::1%no-such-0", 25)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_cancelling_while_nobody_answers_closes_the_socket() -> None:
    open_before = open_files()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            async with asyncio.TaskGroup() as group:
                hanging = group.create_task(connect("127.0.0.1", port), name="hanging")
                await asyncio.sleep(0.05)
                assert not hanging.done()
                hanging.cancel()
    assert open_files() == open_before

import asyncio
import socket
from collections.abc import Callable

import pytest

from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.dnsexchange import answer_by_datagram, answer_by_stream, datagram_socket
from tests.namespaces import Namespace
from tests.namespaces import connect as connected
from tests.tcp_server import tcp_server

Makes = Callable[[str], Namespace]


def only_answers(data: bytes) -> bytes | None:
    return data if data.startswith(b"answer") else None


@pytest.mark.netns
@pytest.mark.parametrize("family", [4, 6])
async def test_a_router_that_says_unreachable_ends_the_wait(netns: Makes, family: int) -> None:
    client, server = netns("client"), netns("server")
    connected(client, server)
    protocol, kind = {4: ("icmp", "host-unreachable"), 6: ("icmpv6", "addr-unreachable")}[family]
    server.nft(f"add rule inet t input udp dport 53 reject with {protocol} type {kind}")
    address = {4: "10.9.1.2", 6: "fd09:1::2"}[family]
    with client, datagram_socket(address, 53) as sock:
        sock.send(b"question")
        with pytest.raises(OSError, match="No route to host"):
            await answer_by_datagram(sock, only_answers)


async def test_only_the_server_that_was_asked_is_heard() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with (
            datagram_socket("127.0.0.1", server.getsockname()[1]) as sock,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        ):
            stranger.sendto(b"answer of a stranger", sock.getsockname())
            server.sendto(b"answer", sock.getsockname())
            assert await answer_by_datagram(sock, only_answers) == b"answer"


async def test_a_flood_of_strange_datagrams_does_not_stop_all_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with datagram_socket("127.0.0.1", server.getsockname()[1]) as sock:

            def flood(_: bytes) -> None:
                server.sendto(b"strange", sock.getsockname())

            flood(b"")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await answer_by_datagram(sock, flood)


async def test_each_socket_has_a_port_of_its_own() -> None:
    with datagram_socket("127.0.0.1", 53) as one, datagram_socket("127.0.0.1", 53) as other:
        assert one.getsockname()[1] != other.getsockname()[1]


def test_a_source_address_of_another_host_is_our_own_trouble() -> None:
    with pytest.raises(ProbeError) as caught, datagram_socket("127.0.0.1", 53, "192.0.2.1"):
        pass
    assert caught.value.outcome is Outcome.LOCAL


@pytest.mark.parametrize("sizes", [[8], [1] * 8, [2, 6], [1, 2, 5]])
async def test_a_message_is_whole_however_the_stream_is_cut(sizes: list[int]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"\0\x08question"
        message = b"\0\x06answer and what nobody asked for"[:8]
        for size in sizes:
            writer.write(message[:size])
            message = message[size:]
            await writer.drain()
            await asyncio.sleep(0)

    async with tcp_server(serve) as port:
        with await connect("127.0.0.1", port) as stream:
            assert await answer_by_stream(stream, b"question", only_answers) == b"answer"


async def test_what_follows_the_message_is_not_looked_at() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10)
        writer.write(b"\0\x06answer and more")

    async with tcp_server(serve) as port:
        with await connect("127.0.0.1", port) as stream:
            assert await answer_by_stream(stream, b"question", only_answers) == b"answer"


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\x06", b"\0\x06answe"])
async def test_a_message_that_ends_early_was_reset(sent: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10)
        writer.write(sent)

    async with tcp_server(serve) as port:
        with (
            await connect("127.0.0.1", port) as stream,
            pytest.raises(ConnectionResetError, match="closed before the answer"),
        ):
            await answer_by_stream(stream, b"question", only_answers)

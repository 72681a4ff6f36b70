import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from netwatch.net.connect import connect
from netwatch.net.tls import TlsContexts, TlsOptions
from tests.certificates import Authority
from tests.tcp_server import one_tls_handshake, says_nothing, tcp_server

MEGABYTE = bytes(range(256)) * 4096


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize("is_tls", [False, True])
async def test_what_is_sent_comes_back_whole(tmp_path: Path, *, is_tls: bool) -> None:
    authority = Authority(tmp_path)
    context = TlsContexts().get(TlsOptions(ca_file=authority.ca_file))
    server = authority.server() if is_tls else None
    async with tcp_server(echo, context=server) as port, asyncio.TaskGroup() as group:
        with await connect("127.0.0.1", port) as stream:
            if is_tls:
                await stream.start_tls(context, "localhost")
            sending = group.create_task(stream.send(MEGABYTE), name="sending")
            received = b""
            while len(received) < len(MEGABYTE):
                received += await stream.receive()
            await sending
    assert received == MEGABYTE


async def test_tls_may_begin_in_the_middle(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = authority.server()

    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(5) == b"plain"
        writer.write(b"go on")
        await writer.start_tls(server)
        writer.write(await reader.readexactly(6))
        await writer.drain()

    async with tcp_server(upgrade) as port:
        with await connect("127.0.0.1", port) as stream:
            await stream.send(b"plain")
            assert await stream.receive() == b"go on"
            options = TlsOptions(ca_file=authority.ca_file)
            await stream.start_tls(TlsContexts().get(options), "localhost")
            await stream.send(b"secret")
            assert await stream.receive() == b"secret"


async def test_a_peer_that_goes_in_the_handshake_has_cut_the_connection() -> None:
    async def hears_and_goes(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(65536)

    async with tcp_server(hears_and_goes) as port:
        with await connect("127.0.0.1", port) as stream:
            context = TlsContexts().get(TlsOptions(verify=False))
            with pytest.raises(ConnectionResetError, match="during the handshake"):
                await stream.start_tls(context, "localhost")


async def test_a_peer_that_speaks_no_tls_fails_the_handshake() -> None:
    async def greets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with tcp_server(greets) as port:
        with await connect("127.0.0.1", port) as stream:
            context = TlsContexts().get(TlsOptions(verify=False))
            with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
                await stream.start_tls(context, "localhost")


@pytest.mark.parametrize("is_tls", [False, True])
async def test_a_reset_is_an_error_and_no_end(tmp_path: Path, *, is_tls: bool) -> None:
    server = Authority(tmp_path).server() if is_tls else None
    async with tcp_server(resets, context=server) as port:
        with await connect("127.0.0.1", port) as stream:
            if is_tls:
                await stream.start_tls(TlsContexts().get(TlsOptions(verify=False)), "localhost")
            await stream.send(b"x")
            with pytest.raises(ConnectionResetError):
                await stream.receive()


async def test_a_server_hears_why_its_certificate_is_refused_and_when_we_go(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    for authority, expected in ((theirs, "UNKNOWN_CA"), (ours, "")):
        with one_tls_handshake(authority.server()) as server:
            stream = await connect("127.0.0.1", server.port)
            with stream, suppress(ssl.SSLCertVerificationError):
                context = TlsContexts().get(TlsOptions(ca_file=ours.ca_file))
                await stream.start_tls(context, "localhost")
                await stream.receive()
        assert expected in server.heard
        assert bool(server.heard) is bool(expected)


@pytest.mark.virtual_time
async def test_a_handshake_that_hangs_can_be_cancelled() -> None:
    async with tcp_server(says_nothing) as port:
        with await connect("127.0.0.1", port) as stream:
            context = TlsContexts().get(TlsOptions(verify=False))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stream.start_tls(context, "localhost"), 60)


@pytest.mark.virtual_time
async def test_waiting_for_what_never_comes_can_be_cancelled() -> None:
    async with tcp_server(says_nothing) as port:
        with await connect("127.0.0.1", port) as stream:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stream.receive(), 60)
            await stream.send(b"still connected")

"""The way of one DNS query to its server and back, by a datagram or by a stream (RFC 7766).

Each query has a socket of its own, connected to the server: so it has a random source port
(RFC 5452), only that server can answer, an ICMP error ends the wait at once, and there is nothing
to clean up but the socket. What the bytes say is the business of `read`, which returns None for
what answers something else. Deadlines are the caller's; cancelling closes the socket.
"""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

MAX_MESSAGE_BYTES = 65535

# ip(7), ipv6(7): without it, of all ICMP errors only "port unreachable" would reach us. Python's
# socket module has them from 3.14 on.
_TELL_ICMP_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
_LENGTH_BYTES = 2  # RFC 1035 section 4.2.2

SocketAddress = tuple[str | int, ...]
ReplyT = TypeVar("ReplyT")


class Stream(Protocol):
    """What carries bytes in order: a TCP connection, or TLS on top of one."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self, most_bytes: int) -> bytes:
        """Return some bytes at least, or none at the end of the stream."""
        ...


class TcpStream:
    """The stream of a connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def receive(self, most_bytes: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._sock, most_bytes)


@contextmanager
def datagram_socket(server: str, port: int, source_address: str = "") -> Iterator[socket.socket]:
    """Open a socket that exchanges datagrams with that server, an IP address, and nobody else."""
    with _socket(server, socket.SOCK_DGRAM, source_address) as sock:
        sock.setsockopt(*_TELL_ICMP_ERRORS[sock.family], 1)
        sock.connect(socket_address(server, port))
        yield sock


async def answer_by_datagram(
    sock: socket.socket,
    read: Callable[[bytes], ReplyT | None],
    ignore: Callable[[], None] = lambda: None,
) -> ReplyT:
    """Wait for the answer; `ignore` is told of each datagram that is none."""
    loop = asyncio.get_running_loop()
    while True:
        reply = read(await loop.sock_recv(sock, MAX_MESSAGE_BYTES))
        if reply is not None:
            return reply
        ignore()
        # Receiving does not wait while there is something to receive: a flood would stop all else.
        await asyncio.sleep(0)


@contextmanager
def stream_socket(server: str, source_address: str = "") -> Iterator[socket.socket]:
    """Make a socket for a connection to that server, to be connected."""
    with _socket(server, socket.SOCK_STREAM, source_address) as sock:
        yield sock


async def connect(sock: socket.socket, server: str, port: int) -> None:
    """Connect without `loop.sock_connect`, which loses the scope of an address under uvloop."""
    loop = asyncio.get_running_loop()
    error = sock.connect_ex(socket_address(server, port))
    if error == errno.EINPROGRESS:
        writable = asyncio.Event()
        loop.add_writer(sock, writable.set)
        try:
            await writable.wait()
        finally:
            loop.remove_writer(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


async def answer_by_stream(
    stream: Stream, wire: bytes, read: Callable[[bytes], ReplyT | None]
) -> ReplyT | None:
    """Ask, and read the one message that follows: on a stream there is no other question.

    Raises ConnectionResetError where the server hangs up on us.
    """
    await stream.send(len(wire).to_bytes(_LENGTH_BYTES) + wire)
    length = int.from_bytes(await _receive_exactly(stream, _LENGTH_BYTES))
    return read(await _receive_exactly(stream, length))


async def _receive_exactly(stream: Stream, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = await stream.receive(length - len(received))
        if not part:
            why = "the connection was closed before the answer was complete"
            raise ConnectionResetError(errno.ECONNRESET, why)
        received += part
    return bytes(received)


@contextmanager
def _socket(server: str, kind: socket.SocketKind, source_address: str) -> Iterator[socket.socket]:
    with socket.socket(_family(server), kind) as sock:
        sock.setblocking(False)
        if source_address:
            sock.bind(socket_address(source_address, 0))
        yield sock


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def socket_address(address: str, port: int) -> SocketAddress:
    """Return what the socket module takes for an IP address, perhaps with `%interface`."""
    if isinstance(ipaddress.ip_address(address), ipaddress.IPv4Address):
        return (address, port)
    host, _, scope = address.partition("%")
    return (host, port, 0, _interface_index(scope))


def _interface_index(scope: str) -> int:
    if not scope or scope.isdecimal():
        return int(scope or 0)
    return socket.if_nametoindex(scope)

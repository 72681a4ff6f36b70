"""The way of one DNS query to its server and back, by a datagram or by a stream (RFC 7766).

Each query has a socket of its own, connected to the server: so it has a random source port
(RFC 5452), only that server can answer, an ICMP error ends the wait at once, and there is nothing
to clean up but the socket. What the bytes say is the business of `read`, which returns None for
what answers something else. Deadlines are the caller's; cancelling closes the socket.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from netwatch.net.connect import bind, socket_address
from netwatch.net.stream import Stream

MAX_MESSAGE_BYTES = 65535

# IP_RECVERR and IPV6_RECVERR (ip(7), ipv6(7)), in Python's socket module from 3.14 on: without
# them, of all ICMP errors only "port unreachable" would reach us.
_TELL_ICMP_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
_LENGTH_BYTES = 2  # RFC 1035 section 4.2.2

ReplyT = TypeVar("ReplyT")


@contextmanager
def datagram_socket(server: str, port: int, source_address: str = "") -> Iterator[socket.socket]:
    """Open a socket that exchanges datagrams with that server, an IP address, and nobody else.

    Raises OSError as the network says it, and ProbeError (LOCAL) where `source_address` is none
    of this host.
    """
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.setsockopt(*_TELL_ICMP_ERRORS[family], 1)
        bind(sock, source_address)
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


async def answer_by_stream(
    stream: Stream, wire: bytes, read: Callable[[bytes], ReplyT | None]
) -> ReplyT | None:
    """Ask, and read the one message that follows: on a stream there is no other question.

    Raises ConnectionResetError where the server hangs up on us.
    """
    await stream.send(len(wire).to_bytes(_LENGTH_BYTES) + wire)
    received = b""
    while len(received) < _LENGTH_BYTES or len(received) < _whole_bytes(received):
        part = await stream.receive()
        if not part:
            why = "the connection was closed before the answer was complete"
            raise ConnectionResetError(errno.ECONNRESET, why)
        received += part
    return read(received[_LENGTH_BYTES : _whole_bytes(received)])


def _whole_bytes(received: bytes) -> int:
    return _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES])

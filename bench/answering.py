"""Answers HTTP and DNS on loopback, at so little cost that it is in nobody's way.

python -m bench.answering
"""

import asyncio
import itertools
from typing import cast


def response(body: bytes) -> bytes:
    """Return what a server might say."""
    head = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


RESPONSE = response(b'{"status": "ok"}\n')
ADDRESSES = tuple(f"127.77.0.{number}" for number in range(1, 51))
"""Many, as in life: a kernel that has no fresh port left for an address takes long to connect."""

HEADER_BYTES = 12  # RFC 1035 section 4.1.1
# The name of the question, A, IN, a minute, four bytes: 192.0.2.7.
RECORD = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07"


class HttpServer(asyncio.Protocol):
    """Answers what is asked first, and closes; `/answered` says how often that was."""

    def __init__(self, answered: "itertools.count[int]") -> None:
        self._answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        number = next(self._answered)  # the requests are small enough to come in one piece
        is_about_us = data.startswith(b"GET /answered ")
        self._transport.write(response(b"%d" % number) if is_about_us else RESPONSE)
        self._transport.close()


class DnsServer(asyncio.DatagramProtocol):
    """Knows one address, by whatever name."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own is no subclass before Python 3.12.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._transport.sendto(answer(data), addr)


def answer(query: bytes) -> bytes:
    """Return the answer to a query of one question, without EDNS."""
    end = query.index(b"\0", HEADER_BYTES) + 1 + 4
    flags_and_counts = b"\x81\x80" + b"\0\1\0\1\0\0\0\0"
    return query[:2] + flags_and_counts + query[HEADER_BYTES:end] + RECORD


async def serve() -> None:
    """Print the ports of HTTP and DNS, and serve until killed."""
    loop = asyncio.get_running_loop()
    answered = itertools.count()
    http_port = dns_port = 0
    for address in ADDRESSES:
        http = await loop.create_server(
            lambda: HttpServer(answered), address, http_port, backlog=1024
        )
        http_port = http.sockets[0].getsockname()[1]
        dns, _ = await loop.create_datagram_endpoint(DnsServer, (address, dns_port))
        dns_port = dns.get_extra_info("sockname")[1]
    print(http_port, dns_port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())

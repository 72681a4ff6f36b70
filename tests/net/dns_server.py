"""A DNS server on loopback that answers as a test scripts it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset


@dataclass
class DnsServer:
    """Answers from `zone`: lines such as `300 A 10.0.0.1` by full name.

    Names in `rcodes` are answered with that code. `twist` turns an answer into what is sent by
    UDP instead; nothing is sent for an empty list. `stream_twist` does the same for TCP,
    where an answer ends after `stream_bytes`, if given. All that is asked for is in `asked`,
    and how in `queries`; `clients` are the addresses of who asked by UDP.
    """

    address: str
    port: int = 0
    zone: dict[str, list[str]] = field(default_factory=dict)
    rcodes: dict[str, dns.rcode.Rcode] = field(default_factory=dict)
    twist: Callable[[dns.message.Message], list[bytes]] = lambda answer: [answer.to_wire()]
    stream_twist: Callable[[dns.message.Message], bytes] = lambda answer: answer.to_wire()
    stream_bytes: int | None = None
    asked: list[str] = field(default_factory=list)
    queries: list[dns.message.Message] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    _serving: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = field(default_factory=dict)

    def answer(self, wire: bytes) -> dns.message.Message:
        query = dns.message.from_wire(wire)
        response = dns.message.make_response(query)
        (question,) = query.question
        name = question.name.to_text()
        self.asked.append(name)
        self.queries.append(query)
        self._fill(response, question.name, question.rdtype.name)
        if name not in self.zone:
            response.set_rcode(self.rcodes.get(name, dns.rcode.NXDOMAIN))
        return response

    def _fill(self, response: dns.message.Message, name: dns.name.Name, rdtype: str) -> None:
        for line in self.zone.get(name.to_text(), ()):
            ttl, kind, value = line.split(maxsplit=2)
            if kind in (rdtype, "CNAME"):
                response.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, value))
            if kind == "CNAME":
                self._fill(response, dns.name.from_text(value), rdtype)

    async def serve_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._serving[asyncio.current_task()] = writer
        with suppress(OSError, asyncio.IncompleteReadError):  # the client may go at any time
            length = int.from_bytes(await reader.readexactly(2))
            wire = self.stream_twist(self.answer(await reader.readexactly(length)))
            sent = len(wire).to_bytes(2) + wire
            writer.write(sent[: self.stream_bytes])
            writer.close()
            await writer.wait_closed()

    async def stop_serving(self) -> None:
        """Cut all connections."""
        for writer in self._serving.values():
            writer.transport.abort()
        await asyncio.gather(*filter(None, self._serving))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own is no subclass before Python 3.12.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._server.clients.append(str(addr[0]))
        for wire in self._server.twist(self._server.answer(data)):
            self._transport.sendto(wire, addr)


@asynccontextmanager
async def dns_server(
    address: str = "127.0.0.1",
    port: int = 0,
    *,
    tcp: bool = True,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[DnsServer]:
    """Serve by UDP and TCP on one port until the end of the block; by UDP alone without `tcp`.

    With a context, what goes by TCP goes under TLS.
    """
    server = DnsServer(address)
    stream = await asyncio.start_server(server.serve_stream, address, port, ssl=context)
    server.port = stream.sockets[0].getsockname()[1]
    if not tcp:
        stream.close()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(server), (address, server.port)
    )
    try:
        yield server
    finally:
        transport.close()
        stream.close()
        await server.stop_serving()
        await stream.wait_closed()


def silence(answer: dns.message.Message) -> list[bytes]:
    """Swallow the answer."""
    del answer
    return []


def cut_off(answer: dns.message.Message) -> list[bytes]:
    """Say that the answer is too long for UDP."""
    answer.answer.clear()
    answer.flags |= dns.flags.TC
    return [answer.to_wire()]

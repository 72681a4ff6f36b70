"""One question to one DNS server: the addresses of one family that a name has.

Each question has a socket of its own, connected to the server: so only that server can answer, an
ICMP error ends the wait at once, and there is nothing to clean up but the socket. Deadlines are
the caller's; cancelling closes the socket.

Only dnspython's message codec is used. Importing it takes 2 MiB and some milliseconds, so import
this module when there is a name to ask for.
"""

import asyncio
import errno
import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

Family = Literal[4, 6]

RECORD_TYPES = {4: dns.rdatatype.A, 6: dns.rdatatype.AAAA}
MAX_MESSAGE_BYTES = 65535


class QueryError(Exception):
    """The server gave no answer; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Records:
    """What a server says of a name and family.

    `addresses` is empty if there are none, and None if the server does not know. `said` is the same
    for people, with the response code (RFC 1035 section 4.1.1) if that is the reason. `ttl_seconds`
    is the smallest along the chain of CNAMEs.
    """

    addresses: tuple[str, ...] | None
    ttl_seconds: float
    said: str


async def ask(server: str, port: int, name: str, family: Family) -> Records:
    """Ask `server`, an IP address, for the A (family 4) or AAAA records (6) of `name`.

    Raises QueryError if the server is out of reach or does not speak sense.
    """
    try:
        query = dns.message.make_query(dns.name.from_text(name), RECORD_TYPES[family])
    except dns.exception.DNSException as error:
        # Nobody was asked: a search domain made the name too long, say.
        return Records((), 0, f"not a DNS name ({error})")
    try:
        return _records(await _exchange(server, port, query))
    except OSError as error:
        raise QueryError(error.strerror or str(error)) from error
    except dns.exception.DNSException as error:
        raise QueryError(f"malformed answer ({error})") from error


def _records(response: dns.message.QueryMessage) -> Records:
    """Read the addresses at the end of the CNAME chain (RFC 1034 section 3.6.2)."""
    rcode = response.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Records(None, 0, dns.rcode.to_text(rcode))
    chain = response.resolve_chaining()
    addresses = tuple(record.to_text() for record in chain.answer or ())
    said = "NXDOMAIN" if rcode == dns.rcode.NXDOMAIN else f"{len(addresses) or 'no'} addresses"
    return Records(addresses, chain.minimum_ttl, said)


async def _exchange(server: str, port: int, query: dns.message.Message) -> dns.message.QueryMessage:
    """Ask by UDP, and again by TCP if the answer was truncated (RFC 1035 section 4.2)."""
    family, address = _socket_address(server, port)
    response = await _exchange_udp(family, address, query)
    if response.flags & dns.flags.TC:
        return await _exchange_tcp(family, address, query)
    return response


async def _exchange_udp(
    family: socket.AddressFamily, address: tuple[str | int, ...], query: dns.message.Message
) -> dns.message.QueryMessage:
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(address)
        sock.send(query.to_wire())
        while True:
            wire = await loop.sock_recv(sock, MAX_MESSAGE_BYTES)
            if response := _response_to(query, wire):
                return response


def _response_to(query: dns.message.Message, wire: bytes) -> dns.message.QueryMessage | None:
    """Decode the response to this query; None for anything else, as it may be forged (RFC 5452)."""
    try:
        response = dns.message.from_wire(wire, raise_on_truncation=True)
    except dns.message.Truncated as truncated:
        response = truncated.kwargs["message"]  # some servers cut in the middle of a record
    except dns.exception.DNSException:
        return None
    if isinstance(response, dns.message.QueryMessage) and query.is_response(response):
        return response
    return None


async def _exchange_tcp(
    family: socket.AddressFamily, address: tuple[str | int, ...], query: dns.message.Message
) -> dns.message.QueryMessage:
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        await _connect(sock, address)
        wire = query.to_wire()
        await loop.sock_sendall(sock, len(wire).to_bytes(2) + wire)
        length = int.from_bytes(await _receive(sock, 2))
        response = _response_to(query, await _receive(sock, length))
    if not response:
        raise QueryError("malformed answer, or one to something else")
    return response


async def _connect(sock: socket.socket, address: tuple[str | int, ...]) -> None:
    """Connect without `loop.sock_connect`, which loses the scope of an address under uvloop."""
    loop = asyncio.get_running_loop()
    error = sock.connect_ex(address)
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


async def _receive(sock: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = await asyncio.get_running_loop().sock_recv(sock, length - len(received))
        if not part:
            raise QueryError("the connection was closed before the answer was complete")
        received += part
    return received


def _socket_address(server: str, port: int) -> tuple[socket.AddressFamily, tuple[str | int, ...]]:
    address = ipaddress.ip_address(server)
    if isinstance(address, ipaddress.IPv4Address):
        return socket.AF_INET, (server, port)
    host, _, scope = server.partition("%")
    return socket.AF_INET6, (host, port, 0, _interface_index(scope))


def _interface_index(scope: str) -> int:
    if not scope or scope.isdecimal():
        return int(scope or 0)
    return socket.if_nametoindex(scope)

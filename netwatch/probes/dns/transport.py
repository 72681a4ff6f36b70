"""How a query reaches its server, and the reply comes back: by UDP, by TCP or under TLS."""

import asyncio
import socket
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.handshake import shake_hands
from netwatch.net.connect import connect
from netwatch.net.dnsexchange import answer_by_datagram, answer_by_stream, datagram_socket
from netwatch.net.tls import TlsContexts, TlsOptions
from netwatch.options import Options, SourceAddress
from netwatch.wire.dnsmessage import MalformedReplyError, Query, Reply

PORTS = {"udp": 53, "tcp": 53, "tls": 853}
"""Where a server listens if its endpoint does not say (RFC 1035 section 4.2, RFC 7858)."""


class TransportOptions(Options):
    """How to ask."""

    transport: Literal["udp", "tcp", "tls"] = "udp"
    """`udp`, and TCP after it for an answer that does not fit; `tcp`; `tls` (RFC 7858)."""
    retransmit: Annotated[int, Field(ge=0, le=10)] = 0
    """How often to send a datagram again that is not answered, at equal times within the timeout;
    with none, one lost packet is a failed attempt."""
    source_address: SourceAddress = ""
    """Ask from this address of this host; empty lets the kernel choose."""
    tls: TlsOptions = Field(default_factory=TlsOptions)
    """How TLS is spoken, where that is the transport."""


class Transport:
    """Carries the queries of one check; `timeout_seconds` is for the times of retransmissions."""

    def __init__(
        self, options: TransportOptions, timeout_seconds: float, contexts: TlsContexts
    ) -> None:
        self._options = options
        self._patience_seconds = timeout_seconds / (options.retransmit + 1)
        self._contexts = contexts

    async def ask(self, attempt: Attempt, server: str, query: Query) -> Reply:
        """Return the reply of `server`, an IP address; raises also MalformedReplyError."""
        options = self._options
        port = attempt.endpoint.port or PORTS[options.transport]
        attempt.note(f"asking {server} port {port} by {options.transport}")
        if options.transport == "udp":
            reply = await self._by_datagram(attempt, server, port, query)
            attempt.values["dns_truncated"] = int(reply.is_truncated)
            if not reply.is_truncated:
                return reply
            attempt.note("the answer does not fit into a datagram; asking again by tcp")
        return await self._by_stream(attempt, server, port, query)

    async def _by_datagram(self, attempt: Attempt, server: str, port: int, query: Query) -> Reply:
        source, retransmit = self._options.source_address, self._options.retransmit
        with attempt.timed("request"), datagram_socket(server, port, source) as sock:
            for again in range(retransmit):
                _send(attempt, sock, query, again)
                patience = asyncio.timeout(self._patience_seconds)
                try:
                    async with patience:
                        return await _answer(attempt, sock, query)
                except TimeoutError:
                    if not patience.expired():
                        raise  # the kernel's word, not ours
            _send(attempt, sock, query, retransmit)
            return await _answer(attempt, sock, query)

    async def _by_stream(self, attempt: Attempt, server: str, port: int, query: Query) -> Reply:
        connecting = partial(connect, server, port, source_address=self._options.source_address)
        with attempt.timed("connect"):
            stream = await connecting()
        with stream:
            attempt.note(f"connected to {server} port {port}")
            if self._options.transport == "tls":
                await shake_hands(
                    attempt,
                    stream,
                    self._contexts,
                    self._options.tls,
                    host=attempt.endpoint.host,
                    connect_again=connecting,
                )
            with attempt.timed("request"):
                reply = await answer_by_stream(stream, query.wire, query.read)
        if reply is None:
            raise MalformedReplyError("it answers something else")
        return reply


def _send(attempt: Attempt, sock: socket.socket, query: Query, again: int) -> None:
    if again:
        attempt.note("no answer yet; asking again")
    attempt.values["dns_retransmissions"] = again
    sock.send(query.wire)


async def _answer(attempt: Attempt, sock: socket.socket, query: Query) -> Reply:
    ignored = 0

    def ignore() -> None:
        nonlocal ignored
        ignored += 1
        attempt.values["dns_ignored_replies"] = ignored
        attempt.note("ignored a datagram that answers something else")

    return await answer_by_datagram(sock, query.read, ignore)

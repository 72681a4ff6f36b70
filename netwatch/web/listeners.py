"""The addresses the agent listens on, which a reload may change."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Self

from aiohttp import web

from netwatch.web.connections import ConnectionLimits, Connections
from netwatch.web.faults import server_log
from netwatch.wire.listen import ListenAddress

_SHUTDOWN_SECONDS = 0.2
_LINGERING_SECONDS = 1.0  # for a body that nobody asked for
_MOST_HEADERS = 64  # each of them up to 8 KiB, as is the request line
_BACKLOG = 128
_FAMILY_IS_OFF = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


class ListenError(Exception):
    """An address cannot be listened on; the message says which and why."""


class Listeners:
    """Serves one application on a changing set of addresses; an async context manager."""

    def __init__(self, app: web.Application, *, limits: ConnectionLimits | None = None) -> None:
        self._limits = limits or ConnectionLimits()
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            handler_cancellation=True,  # nobody works for a client that has gone
            keepalive_timeout=self._limits.idle_seconds,
            lingering_time=_LINGERING_SECONDS,
            max_headers=_MOST_HEADERS,
            auto_decompress=False,
            logger=server_log(),
        )
        self._sockets: dict[ListenAddress, list[socket.socket]] = {}
        self._group = asyncio.TaskGroup()
        self._connections: Connections

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await self._group.__aenter__()
        self._connections = Connections(self._group, self._protocol, self._limits)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close_all(list(self._sockets))
        await self._runner.cleanup()
        # A closed transport still waits for a client that does not read, an aborted one does not.
        self._connections.abort()
        # Not with our own exception: the group would wrap it.
        await self._group.__aexit__(None, None, None)
        await asyncio.sleep(0)  # the aborted are gone in the next turn of the loop

    async def listen(
        self, addresses: Iterable[ListenAddress], tls: ssl.SSLContext | None = None
    ) -> None:
        """Listen on these and no others. Raises ListenError, and then nothing has changed.

        With `tls`, whoever connects from now on speaks TLS.
        """
        wanted = dict.fromkeys(addresses)
        new = [address for address in wanted if address not in self._sockets]
        old = [address for address in self._sockets if address not in wanted]
        try:
            self._open_all(new)
        except ListenError:
            # Perhaps what is given up stands in the way: 127.0.0.1:9847 in that of :9847.
            self._close_all(old)
            try:
                self._open_all(new)
            except ListenError:
                self._open_all(old)
                raise
        else:
            self._close_all(old)
        self._connections.tls = tls

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the application answers, with the ports that were chosen."""
        scheme = "https" if self._connections.tls else "http"
        sockets = [sock for opened in self._sockets.values() for sock in opened]
        return tuple(_url(scheme, *sock.getsockname()[:2]) for sock in sockets)

    def _protocol(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise AssertionError
        return self._runner.server()

    def _open_all(self, addresses: Sequence[ListenAddress]) -> None:
        """Open all or none."""
        for number, address in enumerate(addresses):
            try:
                self._sockets[address] = _listening(address)
            except OSError as error:
                self._close_all(addresses[:number])
                raise ListenError(f"cannot listen on {address}: {_reason(error)}") from error
            for sock in self._sockets[address]:
                self._connections.accept_from(sock)

    def _close_all(self, addresses: Iterable[ListenAddress]) -> None:
        for address in addresses:
            for sock in self._sockets.pop(address):
                self._connections.stop(sock)


def _listening(address: ListenAddress) -> list[socket.socket]:
    """Return sockets that listen there: two where that is all addresses of both families."""
    flags = socket.AI_PASSIVE | socket.AI_NUMERICHOST
    places = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=flags
    )
    sockets: list[socket.socket] = []
    for family, _, _, _, place in places:
        try:
            sockets.append(socket.create_server(place, family=family, backlog=_BACKLOG))
        except OSError as error:
            if not address.host and error.errno in _FAMILY_IS_OFF:
                continue
            for sock in sockets:
                sock.close()
            raise
    for sock in sockets:
        sock.setblocking(False)
    return sockets


def _reason(error: OSError) -> str:
    """Return why, without what Python adds to it; the numbers of getaddrinfo are below zero."""
    number = error.errno or 0
    return os.strerror(number).lower() if number > 0 else str(error.strerror or error)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
